using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Makes the console that a verb draws its tables on.</summary>
internal static class ToolConsole
{
    /// <summary>A file or another program is not eighty columns wide.</summary>
    private const int WidthOfAPipe = 200;

    /// <summary>Makes a console: with colours on a terminal, as plain text in a pipe or a file.</summary>
    /// <param name="writer">Where it writes.</param>
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

    /// <summary>Says whether a person watches.</summary>
    internal static bool IsTerminal(TextWriter writer) => ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected;
}
