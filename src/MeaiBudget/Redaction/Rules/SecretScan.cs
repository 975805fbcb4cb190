using System.Buffers;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Scans one text, whole or in pieces with the same result. Overlapping and adjacent secrets become one placeholder. Linear: each
/// position is searched once, a rule reads a bounded number of characters, and secrets with the same run share one walk.
/// </summary>
internal sealed class SecretScan(SecretRuleSet rules)
{
    private const int Context = SecretRule.LookBehind + (2 * EscapedCharacter.Longest);

    /// <summary>A trigger whose run starts at most this many characters before an earlier walk shares that walk.</summary>
    private const int SharedStart = 512;

    /// <summary>Characters that may precede a piece and be part of its secret. They are held back.</summary>
    private static readonly SearchValues<char> Before = SearchValues.Create(SecretPattern.TokenCharacters + "+/=~.:!%\\");

    private readonly SearchProgress[] _searches = new SearchProgress[rules.Groups.Length];
    private readonly List<RunProgress> _runs = [];
    private readonly List<SecretMatch> _matches = [];

    /// <summary>The position from which the built-in rules continue.</summary>
    private int _position;

    /// <summary>The position from which the application's rules continue.</summary>
    private int _triggerPosition;

    /// <summary>True if all rules have decided up to the position.</summary>
    private bool _isDecided;

    /// <summary>True inside a word that is too long for a secret: the rest of it is passed over.</summary>
    private bool _isInLongWord;
    private int _written;
    private bool _hasRegion;
    private bool _isRegionWritten;
    private int _start;
    private int _end;

    /// <summary>Redacts a whole text; returns null if it contains no secrets.</summary>
    public StringBuilder? RedactWhole(ReadOnlySpan<char> text)
    {
        var output = new StringBuilder();
        Search(text, isFinal: true, output);
        if (!_hasRegion)
        {
            return null;
        }

        WriteRegion(text, output);
        Write(text, text.Length, output);
        return output;
    }

    /// <summary>Continues the scan and writes the text that is certain. If <paramref name="isFinal"/> is true, writes all of it.</summary>
    public void Advance(ReadOnlySpan<char> text, bool isFinal, StringBuilder output)
    {
        WalkOpenRuns(text, isFinal);
        Search(text, isFinal, output);
        if (isFinal)
        {
            WriteRegion(text, output);
            Write(text, text.Length, output);
            return;
        }

        int certain = Math.Min(BeforeRun(text), FirstOpen());
        if (_hasRegion && !_isRegionWritten && certain >= _start)
        {
            WriteRegion(text, output);
        }

        if (!_hasRegion || _isRegionWritten)
        {
            _written = _hasRegion ? Math.Max(_written, _end) : _written;
            Write(text, certain, output);
        }
        else
        {
            Write(text, Math.Min(certain, _start), output);
        }
    }

    /// <summary>Returns how many characters at the beginning of the text are no longer needed; the caller removes them.</summary>
    public int Trim()
    {
        int count = Math.Max(0, Math.Min(Math.Min(_written, Math.Min(_position, _triggerPosition)), FirstOpen()) - Context);
        _position -= count;
        _triggerPosition -= count;
        _written -= count;
        _start -= count;
        _end -= count;
        for (int i = 0; i < _searches.Length; i++)
        {
            _searches[i] = _searches[i] with { At = Math.Max(0, _searches[i].At - count) };
        }

        for (int i = _runs.Count - 1; i >= 0; i--)
        {
            RunProgress run = _runs[i];
            if (run.IsClosed && run.To < count)
            {
                _runs.RemoveAt(i);
            }
            else
            {
                _runs[i] = run with { From = run.From - count, To = run.To - count };
            }
        }

        return count;
    }

    private void Search(ReadOnlySpan<char> text, bool isFinal, StringBuilder output)
    {
        while (true)
        {
            if (_isDecided && _hasRegion && _position > _start && _position < _end)
            {
                // What follows a secret is read as a new word, as it will be when the redacted text is redacted again.
                int open = FirstOpen();
                _position = Math.Max(_position, Math.Min(_end, open));
                _triggerPosition = Math.Max(_triggerPosition, _position);
                if (open != int.MaxValue)
                {
                    return;
                }
            }

            int stop = Math.Min(text.Length, FirstOpen());
            SkipLongWord(text, stop);
            Piece piece = WordScanner.Next(text, _position, stop, isFinal);
            if (!TrySearchTriggers(text, piece.Start, isFinal, output))
            {
                _position = Math.Min(piece.Start, text.Length);
                return;
            }

            if (stop > FirstOpen())
            {
                // A rule of the application found a secret whose end is not known.
                _position = Math.Min(piece.Start, text.Length);
                return;
            }

            _position = piece.Start;
            _isDecided = false;
            if (piece.Kinds is PieceKinds.None or PieceKinds.Incomplete || !TryDecide(new SecretText(text, isFinal), piece, output))
            {
                return;
            }

            _position = _hasRegion && _end > piece.Start && FirstOpen() == int.MaxValue ? Math.Min(piece.End, _end) : piece.End;
            _isDecided = true;
            _isInLongWord = (piece.Kinds & PieceKinds.Cut) != 0;
        }
    }

    private void SkipLongWord(ReadOnlySpan<char> text, int stop)
    {
        if (!_isInLongWord || _position >= stop)
        {
            return;
        }

        int length = text[_position..stop].IndexOfAnyExcept(WordScanner.DataCharacters);
        _isInLongWord = length < 0;
        _position = length < 0 ? stop : _position + length;
    }

    private bool TryDecide(in SecretText text, in Piece piece, StringBuilder output)
    {
        if (!PieceRules.TryDecide(text, piece, _hasRegion && _end <= piece.Start ? Math.Max(0, _end) : 0, _matches))
        {
            return false;
        }

        foreach (SecretMatch match in _matches)
        {
            if (match.Start > FirstOpen())
            {
                return false;
            }

            int end = match.Run is null ? match.From : Walk(text, match.Run, match.From);
            Add(text, match.Start, end, output);
        }

        return true;
    }

    /// <summary>Applies the application's rules up to a position. Returns false if more text is needed.</summary>
    private bool TrySearchTriggers(ReadOnlySpan<char> text, int to, bool isFinal, StringBuilder output)
    {
        if (rules.Groups.Length == 0)
        {
            _triggerPosition = Math.Max(_triggerPosition, Math.Min(to, text.Length));
            return true;
        }

        // An incomplete trigger at the end is found when the rest has arrived.
        int last = isFinal ? text.Length : text.Length - rules.LongestTrigger + 1;
        while (true)
        {
            int stop = Math.Min(Math.Min(last, to), FirstOpen());
            if (_triggerPosition >= stop)
            {
                return to <= last;
            }

            _triggerPosition = Math.Min(NextTrigger(text), stop);
            if (_triggerPosition == stop)
            {
                return to <= last && stop == to;
            }

            if (!TryDecideTrigger(new SecretText(text, isFinal), _triggerPosition, output))
            {
                return false;
            }

            _triggerPosition++;
        }
    }

    /// <summary>Returns the start of the next trigger. Each group of triggers is searched once over the text.</summary>
    private int NextTrigger(ReadOnlySpan<char> text)
    {
        int next = int.MaxValue;
        for (int i = 0; i < _searches.Length; i++)
        {
            ref SearchProgress search = ref _searches[i];
            if (!search.IsFound || search.At < _triggerPosition)
            {
                int from = Math.Max(_triggerPosition, search.At);
                int length = text[from..].IndexOfAny(rules.Groups[i]);
                search = length >= 0
                    ? new SearchProgress(from + length, IsFound: true)
                    : new SearchProgress(Math.Max(from, text.Length - rules.LongestTrigger + 1), IsFound: false);
            }

            if (search.IsFound)
            {
                next = Math.Min(next, search.At);
            }
        }

        return next;
    }

    private bool TryDecideTrigger(in SecretText text, int at, StringBuilder output)
    {
        SecretRule[] candidates = rules.Beginning(text[at]);
        bool followsSecret = _hasRegion && at == _end;
        ReadOnlySpan<char> here = text.Characters[at..];
        if (!text.IsFinal)
        {
            // Apply the rules only if each of them can decide.
            foreach (SecretRule rule in candidates)
            {
                if (!here.StartsWith(rule.Trigger, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                SecretVerdict verdict = rule.Decide(text, at, followsSecret, out SecretMatch match);
                if (verdict == SecretVerdict.NeedsMore || (verdict == SecretVerdict.Found && match.From > FirstOpen()))
                {
                    return false;
                }
            }
        }

        foreach (SecretRule rule in candidates)
        {
            if (here.StartsWith(rule.Trigger, StringComparison.OrdinalIgnoreCase)
                && rule.Decide(text, at, followsSecret, out SecretMatch match) == SecretVerdict.Found)
            {
                int end = match.Run is null ? match.From : Walk(text, match.Run, match.From);
                Add(text, match.Start, end, output);
            }
        }

        return true;
    }

    private void Add(in SecretText text, int start, int end, StringBuilder output)
    {
        if (start > 0 && text[start - 1] == '\\')
        {
            // A single backslash before the placeholder would escape it.
            start--;
        }

        start = Math.Max(start, _written);
        if (_hasRegion && start <= _end)
        {
            _start = Math.Min(_start, start);
            _end = Math.Max(_end, end);
            return;
        }

        WriteRegion(text.Characters, output);
        (_start, _end) = (start, end);
        _hasRegion = true;
        _isRegionWritten = false;
    }

    private int Walk(in SecretText text, SecretRun run, int from)
    {
        int index = _runs.FindIndex(progress => ReferenceEquals(progress.Run, run));
        if (index >= 0 && from <= _runs[index].To && from + SharedStart > _runs[index].From)
        {
            return _runs[index].To;
        }

        int to = run.Walk(text.Characters, from, text.IsFinal, out bool isClosed);
        var walked = new RunProgress(run, from, to, isClosed);
        if (index >= 0)
        {
            _runs[index] = walked;
        }
        else
        {
            _runs.Add(walked);
        }

        return to;
    }

    private void WalkOpenRuns(ReadOnlySpan<char> text, bool isFinal)
    {
        for (int i = 0; i < _runs.Count; i++)
        {
            RunProgress run = _runs[i];
            if (!run.IsClosed)
            {
                int to = run.Run.Walk(text, run.To, isFinal, out bool isClosed);
                _runs[i] = run with { To = to, IsClosed = isClosed };
                _end = Math.Max(_end, to);
            }
        }
    }

    private int FirstOpen()
    {
        int first = int.MaxValue;
        foreach (RunProgress run in _runs)
        {
            if (!run.IsClosed)
            {
                first = Math.Min(first, run.To);
            }
        }

        return first;
    }

    /// <summary>Returns the start of the characters that a later trigger may still include in its secret.</summary>
    private int BeforeRun(ReadOnlySpan<char> text)
    {
        int start = Math.Min(Math.Min(_position, _triggerPosition), text.Length);
        int least = Math.Max(0, start - SecretRule.LookBehind);
        while (start > least && Before.Contains(text[start - 1]))
        {
            start--;
        }

        return start > 0 && text[start - 1] == '\\' ? start - 1 : start;
    }

    private void WriteRegion(ReadOnlySpan<char> text, StringBuilder output)
    {
        if (_hasRegion && !_isRegionWritten)
        {
            Write(text, _start, output);
            output.Append(SecretRedactor.Placeholder);
            _isRegionWritten = true;
        }

        _written = _hasRegion ? Math.Max(_written, _end) : _written;
    }

    private void Write(ReadOnlySpan<char> text, int end, StringBuilder output)
    {
        if (end > _written)
        {
            output.Append(text[_written..end]);
            _written = end;
        }
    }

    /// <summary>The position of the next trigger of a group; if none was found, the position to continue from.</summary>
    private readonly record struct SearchProgress(int At, bool IsFound);

    private readonly record struct RunProgress(SecretRun Run, int From, int To, bool IsClosed);
}
