using System.Buffers;

namespace MeaiBudget;

/// <summary>A table whose header names secrets, row by row. Not thread-safe.</summary>
internal sealed class SecretTable
{
    /// <summary>The most characters of a row; a longer one ends the table.</summary>
    public const int LongestRow = 2048;

    /// <summary>How far what was scanned may be ahead of a row.</summary>
    private const int MostAhead = 256;
    private const int MostColumns = 8;

    private static readonly SearchValues<char> RuleSigns = SearchValues.Create("-+=|: \t,");

    private readonly TableHeader _header;
    private readonly List<(int Column, NameStrength Strength)> _columns = [];
    private readonly List<SecretRegion> _cells = [];
    private int _next;

    /// <summary>Begins a table.</summary>
    /// <param name="header">Its header.</param>
    public SecretTable(in TableHeader header) => (_header, _next) = (header, header.RowStart);

    private SecretTable(SecretTable other)
    {
        (_header, _next) = (other._header, other._next);
        _columns.AddRange(other._columns);
        _cells.AddRange(other._cells);
    }

    /// <summary>Gets the next cell that is a secret; null if the cells of the row that was read are done.</summary>
    public SecretRegion? NextCell => _cells.Count > 0 ? _cells[0] : null;

    /// <summary>Gets where the next row begins.</summary>
    public int NextRow => _next;

    /// <summary>Returns an independent copy.</summary>
    public SecretTable Copy() => new(this);

    /// <summary>Returns whether a header is this table's, and no row was read.</summary>
    public bool Is(in TableHeader header) => header.RowStart == _next && header.Layout == _header.Layout && _cells.Count == 0;

    /// <summary>Adds a column of secrets.</summary>
    public void Add(int column, NameStrength strength)
    {
        if (_columns.Count < MostColumns && _columns.TrueForAll(known => known.Column != column))
        {
            _columns.Add((column, strength));
        }
    }

    /// <summary>Removes the next cell.</summary>
    public void TakeCell() => _cells.RemoveAt(0);

    /// <summary>Adapts positions to a text from whose beginning characters were removed.</summary>
    public void Trim(int count)
    {
        _next -= count;
        for (int i = 0; i < _cells.Count; i++)
        {
            _cells[i] = new SecretRegion(_cells[i].Start - count, _cells[i].End - count);
        }
    }

    /// <summary>Reads the next row.</summary>
    /// <param name="text">The text.</param>
    /// <param name="position">How far the text was scanned.</param>
    /// <returns>None if the table ends here.</returns>
    public SecretVerdict ReadRow(in SecretText text, int position) =>
        _next < position - MostAhead ? SecretVerdict.None
        : _header.Layout is TableLayout.Tuples or TableLayout.Lists ? ReadTuple(text)
        : ReadLine(text);

    private SecretVerdict ReadLine(in SecretText text)
    {
        ReadOnlySpan<char> visible = text.Characters[Math.Min(_next, text.Length)..Math.Min(text.Length, _next + LongestRow)];
        int end = visible.IndexOf('\n');
        if (end < 0)
        {
            if (visible.Length == LongestRow || (text.IsFinal && visible.IsEmpty))
            {
                return SecretVerdict.None;
            }

            if (!text.IsFinal)
            {
                return SecretVerdict.NeedsMore;
            }

            end = visible.Length;
        }

        ReadOnlySpan<char> line = visible[..end].TrimEnd('\r');
        line = _header.IsInString ? BeforeEnd(line) : line;
        int start = _next;
        _next += end + 1;
        if (IsRule(line))
        {
            return SecretVerdict.Found;
        }

        int count = 0;
        for (int from = 0; TableHeader.NextCell(line, _header.Delimiter, from, out Range cell, out int next); from = next, count++)
        {
            (int offset, int length) = cell.GetOffsetAndLength(line.Length);
            AddCell(line, count, offset, length, start, isTuple: false);
        }

        bool isRow = _header.Layout == TableLayout.Aligned ? count > 1 : count == _header.Columns;
        if (!isRow)
        {
            _cells.Clear();
        }

        return isRow ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>Returns a row without what follows the string of JSON that ends in it: another member, or the end of an object or list.</summary>
    private static ReadOnlySpan<char> BeforeEnd(ReadOnlySpan<char> line)
    {
        int end = line.IndexOf("\"}");
        end = end < 0 ? line.IndexOf("\"]") : end;
        int name = line.IndexOf("\":");
        if (name > 0)
        {
            int member = Math.Max(line[..name].LastIndexOf("\",\""), line[..name].LastIndexOf("\", \""));
            end = member >= 0 && (end < 0 || member < end) ? member : end;
        }

        return end < 0 ? line : line[..end];
    }

    private SecretVerdict ReadTuple(in SecretText text)
    {
        int most = Math.Min(text.Length, _next + LongestRow);
        SecretVerdict atEnd = most == _next + LongestRow ? SecretVerdict.None : text.AtEnd;
        int at = _next;
        while (at < most && (char.IsWhiteSpace(text[at]) || text[at] == ','))
        {
            at++;
        }

        if (at >= most)
        {
            return atEnd;
        }

        (char opener, char closer) = _header.Layout == TableLayout.Lists ? ('[', ']') : ('(', ')');
        if (text[at] != opener)
        {
            return SecretVerdict.None;
        }

        int column = 0;
        int depth = 0;
        int cell = at + 1;
        for (at++; at < most; at++)
        {
            char character = text[at];
            if (character is '\'' or '"')
            {
                at = SkipQuoted(text, at, most);
            }
            else if (character is '(' or '[')
            {
                depth++;
            }
            else if ((character == closer && depth == 0) || (character == ',' && depth == 0))
            {
                AddCell(text.Characters, column++, cell, at - cell, 0, isTuple: true);
                cell = at + 1;
                if (character == closer)
                {
                    _next = at + 1;
                    return SecretVerdict.Found;
                }
            }
            else if (character is ')' or ']')
            {
                depth--;
            }
        }

        _cells.Clear();
        return atEnd;
    }

    private static int SkipQuoted(in SecretText text, int at, int most)
    {
        char quote = text[at];
        for (at++; at < most && text[at] != quote; at++)
        {
            at += text[at] == '\\' ? 1 : 0;
        }

        return at;
    }

    private void AddCell(ReadOnlySpan<char> text, int column, int offset, int length, int start, bool isTuple)
    {
        foreach ((int known, NameStrength strength) in _columns)
        {
            if (known != column)
            {
                continue;
            }

            ReadOnlySpan<char> cell = text.Slice(offset, length);
            ReadOnlySpan<char> content = cell.TrimStart(" \t\r\n");
            content = isTuple && content.StartsWith("N'") ? content[1..] : content;
            bool isQuoted = !content.IsEmpty && content[0] is '"' or '\'' or '`';
            content = content.TrimStart("\"'`*");
            int first = offset + length - content.Length;
            content = content.TrimEnd(" \t\r\n\"'`*");
            if (SecretValue.IsCell(content, strength, isTuple && isQuoted, _header.Layout == TableLayout.Aligned))
            {
                _cells.Add(new SecretRegion(start + first, start + first + content.Length));
            }
        }
    }

    /// <summary>A line between a header and its rows.</summary>
    private static bool IsRule(ReadOnlySpan<char> line) => line.IndexOfAnyExcept(RuleSigns) < 0 && line.ContainsAny('-', '=');
}
