using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>The console that tables are written to.</summary>
internal static class Terminal
{
    private const int WidthOfFile = 220;

    /// <summary>Gets the console; a file or a pipe has no width to keep to.</summary>
    public static IAnsiConsole Console
    {
        get
        {
            IAnsiConsole console = AnsiConsole.Console;
            if (System.Console.IsOutputRedirected)
            {
                console.Profile.Width = Math.Max(console.Profile.Width, WidthOfFile);
            }

            return console;
        }
    }

    /// <summary>Makes the console of a command's output, which a test or another program may have redirected.</summary>
    public static IAnsiConsole For(TextWriter writer)
    {
        bool isTerminal = ReferenceEquals(writer, System.Console.Out) && !System.Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthOfFile;
        }

        return console;
    }
}
