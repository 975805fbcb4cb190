using System.Buffers;

namespace MeaiBudget;

/// <summary>The last event of a stream, with the places at which the next one may differ without saying anything new.</summary>
/// <remarks>
/// Events of a stream repeat each other but for the text, a counter and padding. What is equal to the last event is compared, not
/// parsed; a string or number of no meaning is skipped where it differs, and a text is measured. Anything else that differs makes the
/// event one to be parsed. Not thread-safe.
/// </remarks>
internal sealed class EventTemplate
{
    private const int LongestEvent = 4096;
    private const int MostHoles = 24;

    /// <summary>A template for reuse on this thread.</summary>
    [ThreadStatic]
    private static EventTemplate? t_spare;

    private readonly Hole[] _holes = new Hole[MostHoles];
    private byte[]? _event;
    private int _length;
    private int _count;
    private WireTextLengths _texts;
    private bool _isSpoiled;

    /// <summary>Gives a template that was used before, or a new one.</summary>
    public static EventTemplate Rent()
    {
        EventTemplate template = t_spare ?? new EventTemplate();
        t_spare = null;
        return template;
    }

    /// <summary>Forgets the event, and notes the holes of the one that is parsed next.</summary>
    public void Begin() => (_length, _count, _texts, _isSpoiled) = (0, 0, default, false);

    /// <summary>Notes a value that the next event may change.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="end">Where it ended: the place of the closing quote, or behind the last digit.</param>
    /// <param name="isString">Whether it is a string; else a number.</param>
    /// <param name="field">Its field; 0 if it is none.</param>
    /// <param name="length">Its length in UTF-8 without escapes.</param>
    public void AddHole(int start, int end, bool isString, int field, long length)
    {
        if (_count == MostHoles || start < 0)
        {
            _isSpoiled = true;
        }
        else
        {
            _holes[_count++] = new Hole(start, end, isString, field, length);
            if (isString)
            {
                _texts.Add(field, length);
            }
        }
    }

    /// <summary>Gives the template back for reuse. It must not be used afterwards.</summary>
    public void Return()
    {
        if (_event is not null)
        {
            ArrayPool<byte>.Shared.Return(_event, clearArray: true);
            _event = null;
        }

        Begin();
        t_spare = this;
    }

    /// <summary>Says that the event that is parsed cannot be a template.</summary>
    public void Spoil() => _isSpoiled = true;

    /// <summary>Keeps the event that was parsed since <see cref="Begin"/>.</summary>
    /// <param name="bytes">The event.</param>
    public void Adopt(ReadOnlySpan<byte> bytes)
    {
        if (_isSpoiled || bytes.Length > LongestEvent)
        {
            return;
        }

        _event ??= ArrayPool<byte>.Shared.Rent(LongestEvent);
        bytes.CopyTo(_event);
        _length = bytes.Length;
    }

    /// <summary>Compares the next event.</summary>
    /// <param name="bytes">The event.</param>
    /// <param name="visitor">Is told the strings that are fields, if the event says nothing else.</param>
    /// <returns><see langword="false"/> if the event must be parsed.</returns>
    public bool TryRead(ReadOnlySpan<byte> bytes, WireAnswerFacts visitor)
    {
        if (_length == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> last = _event.AsSpan(0, _length);
        ReadOnlySpan<Hole> holes = _holes.AsSpan(0, _count);
        WireTextLengths texts = _texts;
        int at = 0;
        int from = 0;
        int hole = 0;
        while (true)
        {
            int common = bytes[at..].CommonPrefixLength(last[from..]);
            at += common;
            from += common;
            if (from == last.Length)
            {
                break;
            }

            while (hole < holes.Length && holes[hole].End < from)
            {
                hole++;
            }

            if (hole == holes.Length || from < holes[hole].Start)
            {
                return false;
            }

            ref readonly Hole changed = ref holes[hole];
            int start = at - (from - changed.Start);
            int end;
            if (changed.IsString)
            {
                end = JsonText.FindStringEnd(bytes, start, out long length);
                texts.Add(changed.Field, length - changed.Length);
            }
            else
            {
                end = JsonNumber.FindEnd(bytes, start);
            }

            if (end < 0)
            {
                return false;
            }

            (at, from) = (end, changed.End);
            hole++;
        }

        if (at != bytes.Length)
        {
            return false;
        }

        visitor.OnRepeatedEvent(texts);
        return true;
    }

    private readonly record struct Hole(int Start, int End, bool IsString, int Field, long Length);
}
