using System.Globalization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Creates the console for the tables of a command.</summary>
internal static class ToolConsole
{
    /// <summary>The width of a pipe or a file, in characters, unless the environment variable COLUMNS has another.</summary>
    private const int WidthOfAPipe = 220;

    /// <summary>Creates a console for standard output.</summary>
    internal static IAnsiConsole ForOutput() => Create(Console.Out);

    /// <summary>Creates a console: with colours in a terminal, plain text in a pipe or a file. It shows control characters as escapes.</summary>
    internal static IAnsiConsole Create(TextWriter writer)
    {
        writer = StandardStreams.Unprotected(writer);
        bool isTerminal = IsTerminal(writer);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });

        // A table has lines of ASCII where the encoding of the output has no others.
        console.Profile.Encoding = writer.Encoding;
        console.Profile.Capabilities.Unicode = writer.Encoding.WebName.StartsWith("utf", StringComparison.OrdinalIgnoreCase);
        if (!isTerminal)
        {
            console.Profile.Width = int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), CultureInfo.InvariantCulture, out int width) && width is >= 20 and <= 10_000 ? width : WidthOfAPipe;
        }

        return PrintableOutput.Attach(console);
    }

    /// <summary>True if the writer is a terminal.</summary>
    internal static bool IsTerminal(TextWriter writer) => ReferenceEquals(StandardStreams.Unprotected(writer), StandardStreams.Output) && !Console.IsOutputRedirected;
}
