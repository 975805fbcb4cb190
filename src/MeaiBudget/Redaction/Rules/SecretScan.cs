using System.Buffers;

namespace MeaiBudget;

/// <summary>
/// Scans one text, whole or in pieces with the same result. Overlapping and adjacent secrets become one region. Linear: each
/// position is searched once, a rule reads a bounded number of characters, and secrets with the same run share one walk.
/// </summary>
internal sealed class SecretScan(SecretRuleSet rules)
{
    private const int Context = TableHeader.Longest + SecretRule.LookBehind + (2 * EscapedCharacter.Longest);

    /// <summary>A trigger whose run starts at most this many characters before an earlier walk shares that walk.</summary>
    private const int SharedStart = 512;

    /// <summary>Characters that may precede a piece and be part of its secret. They are held back.</summary>
    internal static readonly SearchValues<char> Before = SearchValues.Create(SecretPattern.TokenCharacters + "+/=~.:!%\\@#$&*^?");

    private readonly SearchProgress[] _searches = new SearchProgress[rules.Groups.Length];
    private readonly List<RunProgress> _runs = [];
    private readonly List<SecretMatch> _matches = [];

    /// <summary>The position from which the built-in rules continue.</summary>
    private int _position;

    /// <summary>The position from which the application's rules continue.</summary>
    private int _triggerPosition;

    /// <summary>True if all rules have decided up to the position.</summary>
    private bool _isDecided;

    /// <summary>True if the last piece that was decided reaches into the last secret. The first piece inside of a secret is decided, and the others are passed over.</summary>
    private bool _isInside;

    /// <summary>True inside a word that is too long for a secret: the rest of it is passed over.</summary>
    private bool _isInLongWord;
    private bool _hasRegion;

    /// <summary>The table whose rows the text is at.</summary>
    private SecretTable? _table;

    /// <summary>True if the beginning of the text was removed.</summary>
    private bool _isTrimmed;

    /// <summary>The end of the secret before the last one.</summary>
    private int _floor;
    private int _start;
    private int _end;

    /// <summary>The secrets that were found, in the order of their starts; the last one may grow.</summary>
    public List<SecretRegion> Regions { get; } = [];

    /// <summary>Returns true if a text contains secrets as it is.</summary>
    public static bool FindsAny(ReadOnlySpan<char> text, SecretRuleSet rules)
    {
        var scan = new SecretScan(rules);
        scan.Advance(text, isFinal: true);
        return scan._hasRegion;
    }

    /// <summary>Returns true if nothing that was read up to a position can matter any more.</summary>
    public bool HasDecided(int position) => Math.Min(_position, _triggerPosition) >= position + Context && FirstOpen() == int.MaxValue;

    /// <summary>Returns a scan that continues from where this one is, independently of it.</summary>
    public SecretScan Copy()
    {
        var copy = new SecretScan(rules)
        {
            _position = _position,
            _triggerPosition = _triggerPosition,
            _isDecided = _isDecided,
            _isInLongWord = _isInLongWord,
            _isInside = _isInside,
            _hasRegion = _hasRegion,
            _table = _table?.Copy(),
            _isTrimmed = _isTrimmed,
            _floor = _floor,
            _start = _start,
            _end = _end,
        };
        _searches.CopyTo(copy._searches, 0);
        copy._runs.AddRange(_runs);
        copy.Regions.AddRange(Regions);
        return copy;
    }

    /// <summary>Continues the scan over the text that has arrived.</summary>
    public void Advance(ReadOnlySpan<char> text, bool isFinal)
    {
        WalkOpenRuns(text, isFinal);
        Search(text, isFinal);
    }

    /// <summary>Returns the position before which no further secret will begin.</summary>
    public int Certain(ReadOnlySpan<char> text) => Math.Min(BeforeRun(text), FirstOpen());

    /// <summary>Returns how many characters before a position are no longer needed.</summary>
    public int Unneeded(int position) => Math.Max(0, Math.Min(Math.Min(position, Math.Min(_position, _triggerPosition)), FirstOpen()) - Context);

    /// <summary>Adapts the scan to a text from whose beginning characters were removed.</summary>
    public void Trim(int count)
    {
        _isTrimmed |= count > 0;
        _table?.Trim(count);
        _position -= count;
        _triggerPosition -= count;
        _start -= count;
        _end -= count;
        _floor = Math.Max(0, _floor - count);
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

        int gone = 0;
        for (int i = 0; i < Regions.Count; i++)
        {
            Regions[i] = new SecretRegion(Regions[i].Start - count, Regions[i].End - count);
            gone += Regions[i].End < 0 && i < Regions.Count - 1 ? 1 : 0;
        }

        Regions.RemoveRange(0, gone);
    }

    private void Search(ReadOnlySpan<char> text, bool isFinal)
    {
        while (true)
        {
            if (_isDecided && _isInside && _position < _end)
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
            if (_table is not null && !TryAdvanceTable(text, isFinal, ref stop))
            {
                return;
            }

            SkipLongWord(text, stop);
            Piece piece = WordScanner.Next(text, _position, stop, isFinal);
            if (!TrySearchTriggers(text, piece.Start, isFinal))
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
            _isDecided = piece.Kinds == PieceKinds.None;
            if (_isDecided && _table is not null && piece.Start >= stop && piece.Start < Math.Min(text.Length, FirstOpen()))
            {
                // The next row or cell begins here.
                continue;
            }

            if (piece.Kinds is PieceKinds.None or PieceKinds.Incomplete || !TryDecide(new SecretText(text, isFinal, _hasRegion && _end <= piece.Start ? Math.Max(0, _end) : 0), piece))
            {
                return;
            }

            _position = _hasRegion && _end > piece.Start && FirstOpen() == int.MaxValue ? Math.Min(piece.End, _end) : piece.End;
            _isInside = _hasRegion && _position > _start;
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

    private bool TryDecide(in SecretText text, in Piece piece)
    {
        if (!PieceRules.TryDecide(text, piece, text.Floor, _matches, out NameStrength name) || !TryReadHeader(text, piece, name))
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
            Add(text, match.Start, end);
        }

        return true;
    }

    /// <summary>Begins a table if a name that has no value of its own is a cell of a header. Returns false if more text is needed.</summary>
    private bool TryReadHeader(in SecretText text, in Piece piece, NameStrength name)
    {
        name = name == NameStrength.Phrase ? NameStrength.Medium : name;
        if (name is not (NameStrength.Strong or NameStrength.Medium) || _matches.Count > 0 || (_hasRegion && piece.Start < _end))
        {
            return true;
        }

        SecretVerdict verdict = TableHeader.Read(text, piece.Start, piece.End, !_isTrimmed, out TableHeader header);
        if (verdict == SecretVerdict.Found)
        {
            _table = _table is { } table && table.Is(header) ? table : new SecretTable(header);
            _table.Add(header.Column, name);
        }

        return verdict != SecretVerdict.NeedsMore;
    }

    /// <summary>Adds the cell of a table where the scan is at one, and says where the next one begins. Returns false if more text is needed.</summary>
    private bool TryAdvanceTable(ReadOnlySpan<char> text, bool isFinal, ref int stop)
    {
        while (_table is { } table && FirstOpen() == int.MaxValue)
        {
            int next = table.NextCell?.Start ?? table.NextRow;
            if (_position < next)
            {
                stop = Math.Min(stop, next);
                return true;
            }

            if (table.NextCell is { } cell)
            {
                table.TakeCell();
                int start = Math.Max(cell.Start, _position);
                if (start < cell.End)
                {
                    Add(new SecretText(text, isFinal), start, cell.End);
                    _position = cell.End;
                }

                continue;
            }

            SecretVerdict verdict = table.ReadRow(new SecretText(text, isFinal), _position);
            if (verdict == SecretVerdict.NeedsMore)
            {
                return false;
            }

            _table = verdict == SecretVerdict.Found ? table : null;
        }

        return true;
    }

    /// <summary>Applies the application's rules up to a position. Returns false if more text is needed.</summary>
    private bool TrySearchTriggers(ReadOnlySpan<char> text, int to, bool isFinal)
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

            if (!TryDecideTrigger(new SecretText(text, isFinal), _triggerPosition))
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

    private bool TryDecideTrigger(in SecretText text, int at)
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
                Add(text, match.Start, end);
            }
        }

        return true;
    }

    private void Add(in SecretText text, int start, int end)
    {
        if (start > 0 && text[start - 1] == '\\')
        {
            // A single backslash before the placeholder would escape it.
            start--;
        }

        start = Math.Max(start, _floor);
        if (_hasRegion && start <= _end)
        {
            _start = Math.Min(_start, start);
            _end = Math.Max(_end, end);
            Regions[^1] = new SecretRegion(_start, _end);
            return;
        }

        _floor = _hasRegion ? _end : _floor;
        (_start, _end) = (start, end);
        _hasRegion = true;
        Regions.Add(new SecretRegion(start, end));
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
                Regions[^1] = new SecretRegion(_start, _end);
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

    /// <summary>The position of the next trigger of a group; if none was found, the position to continue from.</summary>
    private readonly record struct SearchProgress(int At, bool IsFound);

    private readonly record struct RunProgress(SecretRun Run, int From, int To, bool IsClosed);
}

/// <summary>The characters of a text from a start to an end that are a secret.</summary>
internal readonly record struct SecretRegion(int Start, int End);
