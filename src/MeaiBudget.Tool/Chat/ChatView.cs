using System.Globalization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Shows a chat: answers as they arrive, notes in grey. Control characters of a model are shown as escapes.</summary>
internal sealed class ChatView
{
    private readonly TextWriter _output;
    private readonly IAnsiConsole _console;
    private readonly Lock _lock = new();
    private bool _isInLine;

    public ChatView(TextWriter output)
    {
        _output = output;
        _console = ToolConsole.Create(output);
    }

    public static string Money(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"${amount:0.00#######}");

    public void Prompt()
    {
        lock (_lock)
        {
            _output.Write("> ");
            _output.Flush();
        }
    }

    /// <summary>Writes a piece of an answer.</summary>
    public void Write(string text)
    {
        lock (_lock)
        {
            string shown = WrittenText.Printable(text, keepLines: true);
            if (shown.Length == 0)
            {
                return;
            }

            _output.Write(shown);
            _output.Flush();
            _isInLine = shown[^1] != '\n';
        }
    }

    public void EndLine()
    {
        lock (_lock)
        {
            if (_isInLine)
            {
                _output.WriteLine();
            }

            _isInLine = false;
        }
    }

    public void Note(string text) => Say(text, Color.Grey);

    public void Complain(string text) => Say(text, Color.Red);

    public void Table(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new ConsoleTable(columns);
        foreach (string[] row in rows)
        {
            table.AddRow(row);
        }

        lock (_lock)
        {
            _console.Write(table);
        }
    }

    private void Say(string text, Color color)
    {
        lock (_lock)
        {
            _console.WriteLine(text, new Style(color));
        }
    }
}
