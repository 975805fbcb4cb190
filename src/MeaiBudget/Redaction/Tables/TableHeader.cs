namespace MeaiBudget;

/// <summary>How the rows of a table follow each other.</summary>
internal enum TableLayout
{
    /// <summary>A row a line, its cells divided by a sign.</summary>
    Lines,

    /// <summary>A row a line, its cells divided by two blanks or more.</summary>
    Aligned,

    /// <summary>Rows in parentheses: the tuples of an SQL statement.</summary>
    Tuples,

    /// <summary>Rows in brackets: a list of lists.</summary>
    Lists,
}

/// <summary>Reads the header of a table from the name of a secret that is one of its cells: lines of CSV, Markdown and reports, <c>INSERT INTO</c>, lists of lists.</summary>
/// <param name="Layout">How rows follow each other.</param>
/// <param name="Delimiter">What divides cells.</param>
/// <param name="Column">The number of the cell with the name, from 0 on.</param>
/// <param name="Columns">The number of cells; zero if it is not known.</param>
/// <param name="RowStart">Where the first row begins.</param>
/// <param name="IsInString">True if the table is in a string of JSON, which ends behind the last row.</param>
internal readonly record struct TableHeader(TableLayout Layout, char Delimiter, int Column, int Columns, int RowStart, bool IsInString = false)
{
    /// <summary>The most characters of a header before the name, and behind it.</summary>
    public const int Longest = 512;

    private const int LongestCell = 40;
    private const int MostWords = 4;
    private static readonly System.Buffers.SearchValues<char> Numbers = System.Buffers.SearchValues.Create("0123456789.");

    /// <summary>Decides whether a name is a cell of a header.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The start of the name.</param>
    /// <param name="end">The end of the name.</param>
    /// <param name="isBeginning">True if nothing came before the text.</param>
    /// <param name="header">The header, if there is one.</param>
    public static SecretVerdict Read(in SecretText text, int start, int end, bool isBeginning, out TableHeader header)
    {
        header = default;
        int after = SkipBehind(text, end, out int blanks);
        if (after == text.Length && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        char following = after < text.Length ? text[after] : '\n';
        bool isLast = following is '\n' or '\r' or ')' or ']';
        if (!isLast && !IsDelimiter(following) && blanks < 2)
        {
            return SecretVerdict.None;
        }

        int cell = CellStart(text, start);
        if (cell < 0)
        {
            return SecretVerdict.None;
        }

        int before = cell;
        while (before > 0 && text[before - 1] == ' ' && cell - before < LongestCell)
        {
            before--;
        }

        char preceding = before > 0 ? text[before - 1] : '\n';
        char delimiter = IsDelimiter(following) ? following : IsDelimiter(preceding) ? preceding : ' ';
        return delimiter == ' ' && preceding is not ('(' or '[')
            ? ReadLine(text, start, end, ' ', isBeginning, out header)
            : delimiter == ',' && TryFindOpener(text, cell, out int opener, out int column)
            ? ReadTuple(text, opener, column, end, out header)
            : delimiter == ' ' ? SecretVerdict.None
            : ReadLine(text, start, end, delimiter, isBeginning, out header);
    }

    /// <summary>Returns the cells of a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="delimiter">What divides cells; a blank for two blanks or more.</param>
    /// <param name="from">Where the cell begins.</param>
    /// <param name="cell">The cell's range.</param>
    /// <param name="next">Where the next one begins; beyond the line's end after the last one.</param>
    public static bool NextCell(ReadOnlySpan<char> line, char delimiter, int from, out Range cell, out int next)
    {
        cell = default;
        next = from;
        if (from > line.Length)
        {
            return false;
        }

        int at = from;
        if (delimiter == ' ')
        {
            while (at < line.Length && line[at] is ' ' or '\t')
            {
                at++;
            }

            int first = at;
            while (at < line.Length && line[at] != '\t' && !(line[at] == ' ' && at + 1 < line.Length && line[at + 1] is ' ' or '\t'))
            {
                at++;
            }

            cell = first..at;
            next = at >= line.Length ? line.Length + 1 : at;
            return first < line.Length;
        }

        while (at < line.Length && line[at] == ' ')
        {
            at++;
        }

        if (at < line.Length && line[at] == '"' && delimiter != '|')
        {
            // A quoted cell may have the delimiter, and doubled quotes.
            for (at++; at < line.Length && (line[at] != '"' || (at + 1 < line.Length && line[at + 1] == '"')); at++)
            {
                at += line[at] == '"' ? 1 : 0;
            }
        }

        int end = at < line.Length ? line[at..].IndexOf(delimiter) : -1;
        end = end < 0 ? line.Length : at + end;
        cell = from..end;
        next = end + 1;
        return true;
    }

    private static bool IsDelimiter(char character) => character is ',' or ';' or '\t' or '|';

    private static int SkipBehind(in SecretText text, int at, out int blanks)
    {
        while (at < text.Length && text[at] is '"' or '\'' or '`' or '*')
        {
            at++;
        }

        int from = at;
        while (at < text.Length && text[at] == ' ' && at - from < LongestCell)
        {
            at++;
        }

        blanks = at - from;
        return at;
    }

    /// <summary>Returns where the cell begins that ends with a name; -1 if it is too long for one.</summary>
    private static int CellStart(in SecretText text, int start)
    {
        int at = start;
        while (at > 0 && start - at <= LongestCell)
        {
            char before = text[at - 1];
            bool isBlank = before == ' ' && at > 1 && (char.IsLetterOrDigit(text[at - 2]) || NameLetters.IsMark(text[at - 2]));
            if (!(isBlank || char.IsLetterOrDigit(before) || before is '_' or '-' or '.' || NameLetters.IsMark(before)))
            {
                break;
            }

            at--;
        }

        if (start - at > LongestCell || (at < start && text[at] == '-'))
        {
            return -1;
        }

        while (at > 0 && text[at - 1] is '"' or '\'' or '`' or '*' && start - at <= LongestCell)
        {
            at--;
        }

        return at;
    }

    private static SecretVerdict ReadLine(in SecretText text, int start, int end, char delimiter, bool isBeginning, out TableHeader header)
    {
        header = default;
        int least = Math.Max(0, start - Longest);
        int line = text.Characters[least..start].LastIndexOf('\n');
        if (line < 0 && (least > 0 || !isBeginning))
        {
            return SecretVerdict.None;
        }

        line = line < 0 ? 0 : least + line + 1;
        int opened = text.Characters[line..start].LastIndexOf(":\"");
        opened = opened < 0 ? text.Characters[line..start].LastIndexOf(": \"") + 1 : opened;
        bool isInString = opened > 0;
        line += isInString ? opened + 2 : 0;
        ReadOnlySpan<char> rest = text.Characters[end..Math.Min(text.Length, end + Longest)];
        int length = rest.IndexOf('\n');
        if (length < 0)
        {
            return rest.Length < Longest ? text.AtEnd : SecretVerdict.None;
        }

        ReadOnlySpan<char> cells = text.Characters[line..(end + length)].TrimEnd('\r');
        int column = -1;
        int count = 0;
        for (int from = 0; NextCell(cells, delimiter, from, out Range cell, out int next); from = next, count++)
        {
            if (!IsTitle(cells[cell], delimiter))
            {
                return SecretVerdict.None;
            }

            (int offset, int size) = cell.GetOffsetAndLength(cells.Length);
            column = line + offset <= start && start < line + offset + size ? count : column;
        }

        if (column < 0 || count < 2)
        {
            return SecretVerdict.None;
        }

        header = new TableHeader(delimiter == ' ' ? TableLayout.Aligned : TableLayout.Lines, delimiter, column, count, end + length + 1, isInString);
        return SecretVerdict.Found;
    }

    /// <summary>A name, not a sentence and not a value.</summary>
    private static bool IsTitle(ReadOnlySpan<char> cell, char delimiter)
    {
        // Lists in code are indented, or in single quotes, or end with a comma.
        if (delimiter is not ('|' or ' ') && (cell.IsEmpty || cell[0] is ' ' or '\'' or '`'))
        {
            return false;
        }

        cell = cell.Trim(" \t\"'`*\uFEFF");
        if (cell.Length > (delimiter == ' ' ? LongestCell / 2 : LongestCell) || cell.Count(' ') >= (delimiter == ' ' ? 2 : MostWords) || (!cell.IsEmpty && cell[0] == '-'))
        {
            return false;
        }

        foreach (char character in cell)
        {
            if (!(char.IsLetterOrDigit(character) || NameLetters.IsMark(character) || character is ' ' or '_' or '-' or '.' or '/' or '#' or '(' or ')' or '?'))
            {
                return false;
            }
        }

        return cell.IsEmpty || (cell[^1] != '.' && !(char.IsAsciiDigit(cell[0]) && cell.Contains('.')) && cell.ContainsAnyExcept(Numbers));
    }

    /// <summary>Finds the parenthesis or bracket that a list of names stands in.</summary>
    private static bool TryFindOpener(in SecretText text, int cell, out int opener, out int column)
    {
        column = 0;
        int depth = 0;
        int least = Math.Max(0, cell - Longest);
        for (opener = cell - 1; opener >= least; opener--)
        {
            switch (text[opener])
            {
                case ')' or ']':
                    depth++;
                    break;
                case '(' or '[' when depth == 0:
                    return true;
                case '(' or '[':
                    depth--;
                    break;
                case ',' when depth == 0:
                    column++;
                    break;
                case '\n' when !text.Characters[least..opener].TrimEnd(" \t\r").EndsWith(",") && !text.Characters[least..opener].TrimEnd(" \t\r").EndsWith("("):
                    return false;
                case ';' or '{' or '}':
                    return false;
            }
        }

        return false;
    }

    private static SecretVerdict ReadTuple(in SecretText text, int opener, int column, int end, out TableHeader header)
    {
        header = default;
        bool isList = text[opener] == '[';
        int most = Math.Min(text.Length, end + Longest);
        int at = end;
        while (at < most && text[at] is not (')' or ']'))
        {
            if (text[at] is '(' or '[' or ';' or '{' or '=')
            {
                return SecretVerdict.None;
            }

            at++;
        }

        if (at < most && text[at] != (isList ? ']' : ')'))
        {
            return SecretVerdict.None;
        }

        for (at++; at < most && char.IsWhiteSpace(text[at]); at++)
        {
        }

        ReadOnlySpan<char> between = isList ? "," : "values";
        ReadOnlySpan<char> visible = at < most ? text.Characters[at..Math.Min(most, at + between.Length)] : default;
        if (!between.StartsWith(visible, StringComparison.OrdinalIgnoreCase))
        {
            return SecretVerdict.None;
        }

        if (visible.Length < between.Length)
        {
            return most == end + Longest ? SecretVerdict.None : text.AtEnd;
        }

        header = new TableHeader(isList ? TableLayout.Lists : TableLayout.Tuples, ',', column, 0, at + between.Length);
        return SecretVerdict.Found;
    }
}
