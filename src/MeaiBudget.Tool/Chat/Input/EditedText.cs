using System.Globalization;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>A text with a cursor that moves by characters as people see them. Lines are separated by line feeds. Not thread-safe.</summary>
internal sealed class EditedText
{
    private const string TabSpaces = "    ";

    public string Text { get; private set; } = "";

    /// <summary>The position of the cursor, from 0 to the length of the text.</summary>
    public int Cursor { get; private set; }

    public bool IsOnFirstLine => !Text.AsSpan(0, Cursor).Contains('\n');

    public bool IsOnLastLine => !Text.AsSpan(Cursor).Contains('\n');

    private int LineStart => Text.LastIndexOf('\n', Math.Max(0, Cursor - 1), Cursor) + 1;

    private int LineEnd => Text.IndexOf('\n', Cursor) is >= 0 and var end ? end : Text.Length;

    /// <summary>Replaces the text, and puts the cursor behind it.</summary>
    public void Set(string text)
    {
        Text = Clean(text);
        Cursor = Text.Length;
    }

    /// <summary>Inserts at the cursor. Control characters are left out, because they would steer the terminal; a tab becomes spaces.</summary>
    public void Insert(string text)
    {
        string clean = Clean(text);
        Text = Text.Insert(Cursor, clean);
        Cursor += clean.Length;
    }

    public void MoveLeft() => Cursor = Before(Cursor);

    public void MoveRight() => Cursor = After(Cursor);

    public void MoveWordLeft() => Cursor = WordBefore(Cursor);

    public void MoveWordRight()
    {
        while (Cursor < Text.Length && !char.IsLetterOrDigit(Text[Cursor]))
        {
            Cursor = After(Cursor);
        }

        while (Cursor < Text.Length && char.IsLetterOrDigit(Text[Cursor]))
        {
            Cursor = After(Cursor);
        }
    }

    public void MoveHome() => Cursor = LineStart;

    public void MoveEnd() => Cursor = LineEnd;

    /// <summary>Moves to the same column of the line above or below.</summary>
    /// <param name="lines">-1 or 1.</param>
    public void MoveLine(int lines)
    {
        int column = Cursor - LineStart;
        Cursor = lines < 0 ? Math.Max(0, LineStart - 1) : Math.Min(Text.Length, LineEnd + 1);
        Cursor = Math.Min(LineStart + column, LineEnd);

        // Not into the middle of a character.
        Cursor = Cursor > 0 && Cursor < Text.Length && char.IsLowSurrogate(Text[Cursor]) ? Cursor - 1 : Cursor;
    }

    public void Backspace() => Remove(Before(Cursor), Cursor);

    public void Delete() => Remove(Cursor, After(Cursor));

    public void DeleteWordBefore() => Remove(WordBefore(Cursor), Cursor);

    public void DeleteToLineStart() => Remove(LineStart, Cursor);

    public void DeleteToLineEnd() => Remove(Cursor, LineEnd);

    private static string Clean(string text)
    {
        string lines = text.ReplaceLineEndings("\n");
        if (!lines.Any(letter => char.IsControl(letter) && letter != '\n'))
        {
            return lines;
        }

        var clean = new StringBuilder();
        foreach (char letter in lines)
        {
            _ = letter == '\t' ? clean.Append(TabSpaces) : letter == '\n' || !char.IsControl(letter) ? clean.Append(letter) : clean;
        }

        return clean.ToString();
    }

    private void Remove(int start, int end)
    {
        Text = Text.Remove(start, end - start);
        Cursor = start;
    }

    private int After(int position) => position >= Text.Length ? Text.Length : position + StringInfo.GetNextTextElementLength(Text.AsSpan(position));

    private int Before(int position)
    {
        // Characters can only be told apart from the start of a line.
        int before = Text.LastIndexOf('\n', Math.Max(0, position - 1), position) + 1;
        if (before == position)
        {
            return Math.Max(0, position - 1);
        }

        while (After(before) < position)
        {
            before = After(before);
        }

        return before;
    }

    private int WordBefore(int position)
    {
        while (position > 0 && !char.IsLetterOrDigit(Text[position - 1]))
        {
            position = Before(position);
        }

        while (position > 0 && char.IsLetterOrDigit(Text[position - 1]))
        {
            position = Before(position);
        }

        return position;
    }
}
