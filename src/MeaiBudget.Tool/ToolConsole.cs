using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Creates the console for the tables of a command.</summary>
internal static class ToolConsole
{
    /// <summary>The width of a pipe or a file, in characters.</summary>
    private const int WidthOfAPipe = 200;

    /// <summary>Creates a console: with colours in a terminal, plain text in a pipe or a file.</summary>
    internal static IAnsiConsole Create(TextWriter writer)
    {
        bool isTerminal = IsTerminal(writer);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthOfAPipe;
        }

        return console;
    }

    /// <summary>True if the writer is a terminal.</summary>
    internal static bool IsTerminal(TextWriter writer) => ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected;
}
