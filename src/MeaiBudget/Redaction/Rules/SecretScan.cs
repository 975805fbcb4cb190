using System.Text;

namespace MeaiBudget;

/// <summary>
/// Scans one text, whole or in pieces with the same result. Overlapping and adjacent secrets become one placeholder. Linear: each
/// position is searched once, a rule reads a bounded number of characters, and secrets with the same run share one walk.
/// </summary>
internal sealed class SecretScan(SecretRuleSet rules)
{
    private const int Context = SecretRule.LookBehind + 8;

    /// <summary>A trigger whose run starts at most this many characters before an earlier walk shares that walk.</summary>
    private const int SharedStart = 512;

    private readonly SearchProgress[] _searches = new SearchProgress[rules.Groups.Length];
    private readonly List<RunProgress> _runs = [];
    private int _position;
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
        int count = Math.Max(0, Math.Min(Math.Min(_written, _position), FirstOpen()) - Context);
        _position -= count;
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
        // An incomplete trigger at the end is found when the rest has arrived.
        int last = isFinal ? text.Length : text.Length - rules.LongestTrigger + 1;
        while (true)
        {
            int stop = Math.Min(last, FirstOpen());
            if (_position >= stop)
            {
                return;
            }

            _position = Math.Min(NextTrigger(text), stop);
            if (_position == stop)
            {
                return;
            }

            if (!TryDecide(new SecretText(text, isFinal), _position, output))
            {
                return;
            }

            _position++;
        }
    }

    /// <summary>Returns the start of the next trigger. Each group of triggers is searched once over the text.</summary>
    private int NextTrigger(ReadOnlySpan<char> text)
    {
        int next = int.MaxValue;
        for (int i = 0; i < _searches.Length; i++)
        {
            ref SearchProgress search = ref _searches[i];
            if (!search.IsFound || search.At < _position)
            {
                int from = Math.Max(_position, search.At);
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

    private bool TryDecide(in SecretText text, int at, StringBuilder output)
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
        int start = Math.Min(_position, text.Length);
        int least = Math.Max(0, start - SecretRule.LookBehind);
        while (start > least && SecretRules.Before.Contains(text[start - 1]))
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
