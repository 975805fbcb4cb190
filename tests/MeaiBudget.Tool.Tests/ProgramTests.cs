namespace MeaiBudget.Tests;

/// <summary>The program as a user starts it: exit codes, where messages go, and what fits the width of a terminal.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData("frobnicate", "'frobnicate'", "'meaibudget --help'")]
    [InlineData("count --nope", "Unrecognized option '--nope'.", "'meaibudget count --help'")]
    [InlineData("prices find", "Required argument", "'meaibudget prices find --help'")]
    [InlineData("report", "LEDGER", "'meaibudget report --help'")]
    public async Task WrongUsageIsSaidOnStandardErrorWithExitCode2(string arguments, string said, string help)
    {
        CommandLine run = await RunAsync(arguments + " >out.txt");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(said, run.Output, StringComparison.Ordinal);
        Assert.Contains(help, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Description:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutACommandTheHelpIsShown()
    {
        CommandLine run = await RunAsync("");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Commands:", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("prices")).ExitCode);
    }

    [Fact]
    public async Task CtrlCEndsACommandWithAWordAndExitCode130()
    {
        CommandLine run = await RunAsync("simulator --port 0 & sleep 3; kill -INT $!; wait $!", "set -m; ");
        Assert.Equal(130, run.ExitCode);
        Assert.Contains("Interrupted.", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public async Task EveryLineFitsTheWidthOfTheTerminal(int columns)
    {
        CommandLine run = await RunAsync(
            "prices list --search gpt-5 && T prices find gpt-4.1-mini && echo hello | T count && echo '{\"model\":\"gpt-4.1-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}' | T quote",
            $"export COLUMNS={columns}; ");
        Assert.Contains("gpt-5-mini", run.Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output.Split('\n'), line => line.TrimEnd().Length > columns && line.TrimStart().Contains(' ', StringComparison.Ordinal));
    }

    private static Task<CommandLine> RunAsync(string arguments, string before = "")
    {
        Assert.SkipUnless(CommandLine.Exists("bash"), "The test starts the program by bash.");
        string program = Path.Combine(AppContext.BaseDirectory, "MeaiBudget.Tool.dll");
        string folder = Directory.CreateTempSubdirectory("meaibudget-program-").FullName;
        return CommandLine.RunAsync("bash", ["-c", $"{before}T() {{ dotnet '{program}' \"$@\"; }}; {(before.StartsWith("set -m", StringComparison.Ordinal) ? $"dotnet '{program}'" : "T")} {arguments}"], folder);
    }
}
