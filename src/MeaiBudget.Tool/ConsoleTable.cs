using Spectre.Console;
using Spectre.Console.Rendering;

namespace MeaiBudget.Tool;

/// <summary>
/// A table that fits its console. Where its columns do not fit side by side, each row becomes a paragraph: its first cell, and below it the
/// others with the names of their columns. No word is broken unless it alone is wider than the console.
/// </summary>
/// <param name="columns">The names of the columns.</param>
internal sealed class ConsoleTable(params string[] columns) : IRenderable
{
    private const string Indent = "  ";
    private const string Separator = " · ";
    private readonly List<string[]> _rows = [];

    /// <summary>The title; null for none.</summary>
    public string? Title { get; init; }

    /// <summary>The name of the column that heads a row's paragraph; the first column by default.</summary>
    public string Heading { get; init; } = columns[0];

    /// <summary>Adds a row of plain text.</summary>
    public ConsoleTable AddRow(params string?[] cells)
    {
        _rows.Add([.. cells.Select(cell => WrittenText.Printable(cell ?? "", keepLines: true))]);
        return this;
    }

    /// <inheritdoc/>
    public Spectre.Console.Rendering.Measurement Measure(RenderOptions options, int maxWidth) => Layout(options, maxWidth).Measure(options, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => Layout(options, maxWidth).Render(options, maxWidth);

    private IRenderable Layout(RenderOptions options, int maxWidth)
    {
        int[] cells = [.. columns.Select((_, column) => _rows.Select(row => WidthOf(row[column], options)).DefaultIfEmpty(0).Max())];
        int[] natural = [.. columns.Select((name, column) => Math.Max(cells[column], WidthOf(name, options)))];
        if (Fits(natural))
        {
            return ToTable(natural, options);
        }

        // The name of a column may take several lines, a cell may not.
        int[] narrow = [.. columns.Select((name, column) => Math.Max(cells[column], name.Split(' ').Max(word => WidthOf(word, options))))];
        return Fits(narrow) ? ToTable(narrow, options) : ToParagraphs(options, maxWidth);

        bool Fits(int[] widths) => widths.Sum(width => width + 2) + (options.Unicode ? 2 : widths.Length + 1) <= maxWidth;
    }

    private Table ToTable(int[] widths, RenderOptions options)
    {
        // The border without lines of Unicode is for outputs whose encoding has none.
        Table table = new Table().Border(options.Unicode ? TableBorder.Simple : TableBorder.Ascii);
        if (Title is not null)
        {
            table.Title(Markup.Escape(Title));
        }

        for (int i = 0; i < columns.Length; i++)
        {
            var column = new TableColumn(Markup.Escape(columns[i])) { Width = widths[i] };
            table.AddColumn(i > 0 && IsNumeric(i) ? column.RightAligned() : column);
        }

        foreach (string[] row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }

    private Rows ToParagraphs(RenderOptions options, int maxWidth)
    {
        int heading = Array.IndexOf(columns, Heading);
        List<IRenderable> lines = [];
        if (Title is not null)
        {
            lines.Add(new Text(Title, new Style(decoration: Decoration.Italic)));
        }

        foreach (string[] row in _rows)
        {
            lines.Add(new Text(row[heading].Length == 0 ? "-" : row[heading], new Style(decoration: Decoration.Bold)));
            string line = Indent;
            for (int i = 0; i < columns.Length; i++)
            {
                if (i == heading || row[i].Length == 0)
                {
                    continue;
                }

                string item = $"{columns[i]}: {row[i].ReplaceLineEndings("; ")}";
                if (line != Indent && WidthOf(line, options) + Separator.Length + WidthOf(item, options) > maxWidth)
                {
                    Add(line);
                    line = Indent;
                }

                line += line == Indent ? item : Separator + item;
            }

            if (line != Indent)
            {
                Add(line);
            }
        }

        return new Rows(lines);

        void Add(string line) => lines.Add(new Padder(new Text(line.TrimStart()), new Padding(Indent.Length, 0, 0, 0)));
    }

    private bool IsNumeric(int column) => _rows.Count > 0 && _rows.All(row => row[column].Length == 0 || char.IsAsciiDigit(row[column].TrimStart('-', '+', '$', '≥', ' ').FirstOrDefault()));

    private static int WidthOf(string text, RenderOptions options) => ((IRenderable)new Text(text)).Measure(options, int.MaxValue).Max;
}
