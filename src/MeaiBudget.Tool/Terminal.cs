using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>The console for tables.</summary>
internal static class Terminal
{
    private const int WidthOfFile = 220;

    /// <summary>The console. A file or a pipe has no width limit.</summary>
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
}
