using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>The tool as a process: in a terminal, and with output that fails.</summary>
public sealed class StandardStreamTests
{
    private const string Program = "MeaiBudget.Tool.dll";

    [Fact]
    public async Task R6_ATerminalGetsTheConsolesOwnControlCodes()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && CommandLine.Exists("python3"), "There is no python3 to make a pseudo-terminal.");
        string terminal = Path.Combine(AppContext.BaseDirectory, "Chat", "terminal.py");

        CommandLine run = await CommandLine.RunAsync("python3", [terminal, "40", "[]", "dotnet", PathOfTool(), "prices", "find", "gpt-4.1-mini"], AppContext.BaseDirectory);

        Assert.Contains("\u001b[1minput\u001b[0m", run.Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u001b", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prices list")]
    [InlineData("prices find gpt-4.1-mini --json")]
    [InlineData("completions bash")]
    [InlineData("--help")]
    public async Task AFullDiskIsAMessageAndExitCodeOne(string arguments)
    {
        CommandLine run = await ShellAsync($"{arguments} > /dev/full");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("Standard output cannot be written: No space left on device. Free space there, or write to another file or terminal.", run.Output.Trim());
    }

    [Fact]
    public async Task AClosedOutputIsAMessageAndExitCodeOne()
    {
        CommandLine run = await ShellAsync("prices list >&-");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("Standard output cannot be written: ", run.Output, StringComparison.Ordinal);
        Assert.Single(run.Output.Trim().Split('\n'));
    }

    [Fact]
    public async Task ErrorsThatCannotBeWrittenKeepTheExitCode()
    {
        CommandLine run = await ShellAsync("report no-such-file.db 2> /dev/full");

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output.Trim());
    }

    [Fact]
    public void OnlyStandardOutputFails()
    {
        using var output = new StandardWriter(new FailingWriter(), isError: false);
        using var error = new StandardWriter(new FailingWriter(), isError: true);

        Assert.Throws<StandardOutputException>(() => output.Write("text"));
        Assert.Throws<StandardOutputException>(() => output.WriteLine("text"));
        Assert.Throws<StandardOutputException>(() => output.Write('c'));
        Assert.Throws<StandardOutputException>(output.WriteLine);
        error.Write("text");
        error.WriteLine("text");
        error.Write('c');
        error.WriteLine();
    }

    private static string PathOfTool() => Path.Combine(AppContext.BaseDirectory, Program);

    private static async Task<CommandLine> ShellAsync(string arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /dev/full.");
        return await CommandLine.RunAsync("sh", ["-c", $"exec dotnet '{PathOfTool()}' {arguments}"], AppContext.BaseDirectory);
    }

    private sealed class FailingWriter : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Write(char[] buffer, int index, int count) => throw new IOException("No space left on device");

        public override void Write(string? value) => throw new IOException("No space left on device");

        public override void WriteLine(string? value) => throw new IOException("No space left on device");
    }
}
