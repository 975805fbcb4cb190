using System.Diagnostics;

namespace MeaiBudget;

/// <summary>One text with the escapes of some levels replaced by what they stand for, and where each of its characters stands in the text that came.</summary>
[DebuggerDisplay("{Text}")]
internal sealed class EscapeLayer
{
    private const int Smallest = 256;
    private char[] _characters;

    /// <summary>Where each character begins in the text that came; null for that text itself.</summary>
    private int[]? _origins;
    private int _length;

    /// <summary>The end of what was read of the layer below.</summary>
    private int _originEnd;

    /// <summary>The end of what the layer above has read.</summary>
    private int _decoded;

    /// <summary>The end of the last escape that was replaced.</summary>
    private int _lastEscape;

    private EscapeLayer(SecretScan scan, char[] characters, int[]? origins)
    {
        Scan = scan;
        _characters = characters;
        _origins = origins;
    }

    /// <summary>Creates the layer of the text that comes.</summary>
    public EscapeLayer(SecretScan scan)
        : this(scan, new char[Smallest], null)
    {
    }

    public SecretScan Scan { get; }

    public ReadOnlySpan<char> Text => _characters.AsSpan(0, _length);

    /// <summary>The end of what the scan may read: an escape may begin there.</summary>
    public int Read { get; private set; }

    /// <summary>The number of blocks that ended since the last escape.</summary>
    public int BlocksSinceEscape { get; set; }

    /// <summary>True if the scan has decided all that the last escape can matter for.</summary>
    public bool IsSettled => Scan.HasDecided(_lastEscape);

    public int Capacity => _characters.Length;

    /// <summary>Creates the next layer, which is equal up to a position that the scan has not reached.</summary>
    public EscapeLayer CreateAbove(int length)
    {
        var above = new EscapeLayer(Scan.Copy(), new char[Math.Max(Smallest, length)], new int[Math.Max(Smallest, length)]) { _length = length, Read = Math.Min(Read, length), _decoded = BeginningAround(length), _originEnd = OriginOf(length), _lastEscape = length };
        _characters.AsSpan(0, length).CopyTo(above._characters);
        for (int i = 0; i < length; i++)
        {
            above._origins![i] = OriginOf(i);
        }

        return above;
    }

    /// <summary>Returns where a position stands in the text that came.</summary>
    public int OriginOf(int position) =>
        position < 0 ? 0
        : _origins is null ? position
        : position < _length ? _origins[position]
        : _originEnd;

    /// <summary>Returns the start of the escape that a position in the text that came is inside of; the position itself if there is none.</summary>
    public int Align(int origin)
    {
        if (_origins is null || origin >= _originEnd)
        {
            return origin;
        }

        int index = LowerBound(origin);
        return (index < _length && _origins[index] == origin) || index == 0 ? origin : _origins[index - 1];
    }

    /// <summary>Appends characters of the text that came.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        Reserve(text.Length);
        text.CopyTo(_characters.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>Reads what is new, and appends it to the layer above, which is created at the first escape if there may be one.</summary>
    public void Advance(ref EscapeLayer? above, bool mayCreate, bool isFinal)
    {
        int at = _decoded;
        while (at < _length)
        {
            ReadOnlySpan<char> rest = _characters.AsSpan(at, _length - at);
            int plain = mayCreate || above is not null ? rest.IndexOfAny(EscapeReader.Beginnings) : -1;
            plain = plain < 0 ? rest.Length : plain;
            above?.AppendFrom(this, at, at + plain);
            at += plain;
            if (at == _length)
            {
                break;
            }

            int length = EscapeReader.Read(rest[plain..], isFinal, out char first, out char second);
            if (length < 0)
            {
                break;
            }

            if (length == 0)
            {
                above?.AppendFrom(this, at, at + 1);
                at++;
                continue;
            }

            above ??= CreateAbove(at);
            above.AppendDecoded(first, second, OriginOf(at), OriginOf(at + length));
            at += length;
        }

        _decoded = at;
        Read = at == _length ? at : Math.Max(Read, BeginningAround(at));
    }

    /// <summary>Returns where an escape may begin that goes on at a position, once the escape there is read: in <c>\&amp;quot;</c> before the backslash.</summary>
    /// <remarks>Looks back no further than escapes of all levels together are long, so that a text of beginnings alone is not held.</remarks>
    private int BeginningAround(int at)
    {
        int start = at;
        int first = Math.Max(0, at - LayeredScan.LongestEscape);
        for (int i = at - 1; i >= first && i > start - EscapeReader.Longest; i--)
        {
            if (EscapeReader.Beginnings.Contains(_characters[i]) && EscapeReader.Read(_characters.AsSpan(i, start - i), isFinal: false, out char _, out char _) < 0)
            {
                start = i;
            }
        }

        return start;
    }

    /// <summary>Removes characters at the beginning that are no longer needed.</summary>
    /// <param name="written">The position in the text that came up to which it was written.</param>
    public int Trim(int written)
    {
        int position = _origins is null ? written : LowerBound(written);
        int count = Math.Min(Scan.Unneeded(position), Read);
        if (count > 0)
        {
            Scan.Trim(count);
            _length -= count;
            Read -= count;
            _decoded -= count;
            _lastEscape -= count;
            _characters.AsSpan(count, _length).CopyTo(_characters);
            _origins?.AsSpan(count, _length).CopyTo(_origins);
        }

        return count;
    }

    /// <summary>Adapts to a text that came from whose beginning characters were removed.</summary>
    public void Shift(int count)
    {
        if (_origins is null || count == 0)
        {
            return;
        }

        foreach (ref int origin in _origins.AsSpan(0, _length))
        {
            origin = Math.Max(0, origin - count);
        }

        _originEnd -= count;
    }

    private int LowerBound(int origin)
    {
        int index = _origins.AsSpan(0, _length).BinarySearch(origin);
        if (index < 0)
        {
            return ~index;
        }

        while (index > 0 && _origins![index - 1] == origin)
        {
            index--;
        }

        return index;
    }

    private void AppendFrom(EscapeLayer below, int from, int to)
    {
        Reserve(to - from);
        below._characters.AsSpan(from, to - from).CopyTo(_characters.AsSpan(_length));
        if (below._origins is null)
        {
            for (int i = from; i < to; i++)
            {
                _origins![_length + i - from] = i;
            }
        }
        else
        {
            below._origins.AsSpan(from, to - from).CopyTo(_origins.AsSpan(_length));
        }

        _length += to - from;
        _originEnd = below.OriginOf(to);
    }

    private void AppendDecoded(char first, char second, int origin, int end)
    {
        Reserve(2);
        _origins![_length] = origin;
        _characters[_length++] = first;
        if (second != default)
        {
            _origins[_length] = origin;
            _characters[_length++] = second;
        }

        _originEnd = end;
        _lastEscape = _length;
        BlocksSinceEscape = 0;
    }

    private void Reserve(int count)
    {
        if (_length + count > _characters.Length)
        {
            int size = Math.Max(_length + count, _characters.Length * 2);
            Array.Resize(ref _characters, size);
            if (_origins is not null)
            {
                Array.Resize(ref _origins, size);
            }
        }
    }
}
