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
}
