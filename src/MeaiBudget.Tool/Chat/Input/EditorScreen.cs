using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace MeaiBudget.Tool;

/// <summary>Draws a text that is edited below what is on the screen, over as many rows as it needs, and no more than the screen has.</summary>
/// <param name="output">The terminal.</param>
/// <param name="size">The width and the height of the terminal, in characters.</param>
internal sealed class EditorScreen(TextWriter output, Func<(int Width, int Height)> size)
{
    private const string Prompt = "> ";
    private const string Continuation = "  ";

    /// <summary>The row of the cursor below the first row that was drawn.</summary>
    private int _cursorRow;

    /// <summary>Draws the text in place of what was drawn before.</summary>
    public void Draw(EditedText edited)
    {
        (int width, int height) = size();
        (List<string> rows, int cursorRow, int cursorColumn) = Layout(edited.Text, edited.Cursor, Math.Max(8, width));
        int most = Math.Max(1, height - 1);
        int first = Math.Clamp(cursorRow - (most / 2), 0, Math.Max(0, rows.Count - most));
        string[] shown = [.. rows.Skip(first).Take(most)];
        var drawn = new StringBuilder();
        Up(drawn, _cursorRow);
        drawn.Append("\r\u001b[J").AppendJoin("\r\n", shown);
        Up(drawn, shown.Length - 1 - (cursorRow - first));
        drawn.Append('\r');
        if (cursorColumn > 0)
        {
            drawn.Append(CultureInfo.InvariantCulture, $"\u001b[{cursorColumn}C");
        }

        _cursorRow = cursorRow - first;
        Write(drawn);
    }

    /// <summary>Leaves the text on the screen and goes to the line below it.</summary>
    public void End(EditedText edited)
    {
        edited.Set(edited.Text);
        Draw(edited);
        _cursorRow = 0;
        Write(new StringBuilder("\r\n"));
    }

    /// <summary>Clears the screen. The text is drawn at its top.</summary>
    public void Clear()
    {
        _cursorRow = 0;
        Write(new StringBuilder("\u001b[H\u001b[2J"));
    }

    public void Write(string text) => Write(new StringBuilder(text));

    private void Write(StringBuilder text)
    {
        output.Write(text);
        output.Flush();
    }

    private static void Up(StringBuilder drawn, int rows)
    {
        if (rows > 0)
        {
            drawn.Append(CultureInfo.InvariantCulture, $"\u001b[{rows}A");
        }
    }

    /// <summary>Breaks the text into rows, and finds the cursor in them. Wide characters take two columns.</summary>
    private static (List<string> Rows, int Row, int Column) Layout(string text, int cursor, int width)
    {
        var rows = new List<string>();
        var row = new StringBuilder(Prompt);
        int columns = Prompt.Length;
        (int Row, int Column) at = (0, columns);
        for (int i = 0; i <= text.Length;)
        {
            int length = i == text.Length ? 1 : StringInfo.GetNextTextElementLength(text.AsSpan(i));
            string element = i == text.Length ? "" : text.Substring(i, length);
            int cells = element is "" or "\n" ? 0 : new Segment(element).CellCount();

            // The last column stays free: terminals differ in where the cursor is behind it.
            if (columns + cells >= width)
            {
                NewRow();
            }

            if (i == cursor)
            {
                at = (rows.Count, columns);
            }

            if (element == "\n")
            {
                NewRow();
            }
            else
            {
                row.Append(element);
                columns += cells;
            }

            i += length;
        }

        rows.Add(row.ToString());
        return (rows, at.Row, at.Column);

        void NewRow()
        {
            rows.Add(row.ToString());
            row.Clear().Append(Continuation);
            columns = Continuation.Length;
        }
    }
}
