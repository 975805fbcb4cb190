using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MeaiBudget.Testing;
using MeaiBudget.Tool;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary><c>meaibudget cost diff</c>.</summary>
public sealed class CostDiffTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cost").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ADearerScenarioIsShownWithItsCauseAndExitCode1AboveTheLimit()
    {
        (string before, string after) = (await SaveAsync("base.json", "Be brief."), await SaveAsync("head.json", "Be brief. " + string.Join(' ', Enumerable.Repeat("Be polite.", 40))));

        (int exitCode, string output) = await RunAsync("cost", "diff", before, after, "--max-increase", "10%");

        Assert.Equal(1, exitCode);
        Assert.Contains("ask", output, StringComparison.Ordinal);
        Assert.Contains("too dear", output, StringComparison.Ordinal);
        Assert.Contains("the system prompt grew", output, StringComparison.Ordinal);
        Assert.Contains("1 scenario became dearer by more than 10 %.", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("cost", "diff", before, after)).ExitCode);
        Assert.Equal(0, (await RunAsync("cost", "diff", before, after, "--max-increase", "100000%")).ExitCode);
        Assert.Equal(0, (await RunAsync("cost", "diff", after, before, "--max-increase", "0%")).ExitCode);
    }

    [Fact]
    public async Task WithoutAChangeNothingIsDearer()
    {
        string before = await SaveAsync("base.json", "Be brief.");

        Assert.Equal((0, "1 scenario: no cost changed."), Trimmed(await RunAsync("cost", "diff", before, before, "--max-increase", "0%")));
        Assert.Contains("No cost changed (1 scenario).", (await RunAsync("cost", "diff", before, before, "--markdown")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MarkdownEscapesNamesAndNotifiesNobody()
    {
        string before = await SaveAsync("base.json", "Be brief.", "ask | @everyone [x](http://e.vil) <b>");
        string after = await SaveAsync("head.json", "Be brief. Be brief. Be brief.", "ask | @everyone [x](http://e.vil) <b>");

        string output = (await RunAsync("cost", "diff", before, after, "--markdown", "--max-increase", "0%")).Output;

        Assert.Contains(@"ask \| ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("@everyone", output, StringComparison.Ordinal);
        Assert.DoesNotContain("[x](", output, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", output, StringComparison.Ordinal);
        Assert.Contains("**1 scenario became dearer by more than 0 %.**", output, StringComparison.Ordinal);
        Assert.Contains("* the system prompt grew", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JsonHasFiguresCausesAndWhetherTheLimitIsExceeded()
    {
        (string before, string after) = (await SaveAsync("base.json", "Be brief."), await SaveAsync("head.json", "Be brief. Be brief. Be brief."));

        (int exitCode, string output) = await RunAsync("cost", "diff", before, after, "--json", "--max-increase", "1%");

        using var json = JsonDocument.Parse(output);
        JsonElement scenario = json.RootElement.GetProperty("scenarios")[0];
        Assert.Equal(1, exitCode);
        Assert.True(json.RootElement.GetProperty("isAboveLimit").GetBoolean());
        Assert.Equal("too dear", scenario.GetProperty("status").GetString());
        Assert.Equal("systemPrompt", scenario.GetProperty("causes")[0].GetProperty("kind").GetString());
        Assert.True(scenario.GetProperty("after").GetProperty("expected").GetDecimal() > scenario.GetProperty("before").GetProperty("expected").GetDecimal());
    }

    [Fact]
    public async Task NewAndRemovedScenariosAreNoIncrease()
    {
        string head = await SaveAsync("head.json", "Be brief.");
        string empty = Path.Combine(_folder, "empty.json");
        await File.WriteAllTextAsync(empty, "");

        (int exitCode, string output) = await RunAsync("cost", "diff", empty, head, "--max-increase", "0%");

        Assert.Equal(0, exitCode);
        Assert.Contains("new", output, StringComparison.Ordinal);
        Assert.Contains("removed", (await RunAsync("cost", "diff", head, empty)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FoldersAreComparedFileByFile()
    {
        await SaveAsync("one/a/cost.snapshot.json", "Be brief.");
        await SaveAsync("one/b/cost.snapshot.json", "Be brief.");
        await SaveAsync("one/b/bin/cost.snapshot.json", "Be brief.");
        await SaveAsync("two/a/cost.snapshot.json", "Be brief.");
        await SaveAsync("two/b/cost.snapshot.json", "Be brief. And polite, please, in every sentence.");

        (int exitCode, string output) = await RunAsync("cost", "diff", Path.Combine(_folder, "one"), Path.Combine(_folder, "two"), "--max-increase", "1%");

        Assert.Equal(1, exitCode);
        Assert.Contains("b: ask", output, StringComparison.Ordinal);
        Assert.DoesNotContain("a: ask", output, StringComparison.Ordinal);
        Assert.DoesNotContain("bin", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.json")]
    [InlineData("broken.json")]
    public async Task AFileThatCannotBeReadIsWrongUsage(string name)
    {
        string head = await SaveAsync("head.json", "Be brief.");
        await File.WriteAllTextAsync(Path.Combine(_folder, "broken.json"), "{");

        (int exitCode, string output) = await RunAsync("cost", "diff", Path.Combine(_folder, name), head);

        Assert.Equal(2, exitCode);
        Assert.Contains(name, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version":2,"scenarios":{}}""", "Update the packages and the tool")]
    [InlineData("""{"version":"1","scenarios":{}}""", "'version' is not a whole number")]
    [InlineData("""[]""", "It is not an object.")]
    [InlineData("""{"version":1,"scenarios":{"a":{},"a":{}}}""", "Duplicate")]
    [InlineData("""{"version":1,"scenarios":{"a":[]}}""", "The scenario 'a' cannot be read: It is not an object.")]
    [InlineData("""{"version":1,"scenarios":{"a":{"expected":7e28}}}""", "'expected' is not a number from 0 to")]
    [InlineData("""{"version":1,"scenarios":{"a":{"expected":-1}}}""", "'expected' is not a number from 0 to")]
    [InlineData("""{"version":1,"scenarios":{"a":{"worst":1e400}}}""", "'worst' is not a number from 0 to")]
    [InlineData("""{"version":1,"scenarios":{"a":{"tokens":{"system":1.5}}}}""", "'system' is not a whole number")]
    [InlineData("""{"version":1,"scenarios":{"a":{"requests":[{"model":1}]}}}""", "'model' is not a text.")]
    [InlineData("""<<<<<<< HEAD""", "Delete it and run the cost tests again.")]
    public async Task AFileThatIsNoSnapshotSaysWhatIsWrong(string text, string message)
    {
        string head = await SaveAsync("head.json", "Be brief.");
        await File.WriteAllTextAsync(Path.Combine(_folder, "base.json"), text);

        (int exitCode, string output) = await RunAsync("cost", "diff", Path.Combine(_folder, "base.json"), head, "--max-increase", "10%");

        Assert.Equal(2, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLargestFiguresCanBeCompared()
    {
        string largest = """{"version":1,"scenarios":{"a":{"expected":1000000000000,"withCache":1000000000000,"worst":1000000000000},"b":{"expected":1000000000000}}}""";
        await File.WriteAllTextAsync(Path.Combine(_folder, "base.json"), largest.Replace("1000000000000", "0.000000001", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(_folder, "head.json"), largest);

        foreach (string form in new[] { "--markdown", "--json" })
        {
            Assert.Equal(1, (await RunAsync("cost", "diff", Path.Combine(_folder, "base.json"), Path.Combine(_folder, "head.json"), form, "--max-increase", "1000000%")).ExitCode);
            Assert.Equal(0, (await RunAsync("cost", "diff", Path.Combine(_folder, "head.json"), Path.Combine(_folder, "base.json"), form, "--max-increase", "1000000%")).ExitCode);
        }
    }

    [Fact]
    public async Task ANameWithALineBreakStaysOnItsLine()
    {
        string before = await SaveAsync("base.json", "Be brief.", "ask\n::error::text");
        string after = await SaveAsync("head.json", "Be brief. Be brief. Be brief.", "ask\n::error::text");

        string output = (await RunAsync("cost", "diff", before, after)).Output;

        Assert.DoesNotContain("\n::error", output, StringComparison.Ordinal);
        Assert.Contains("ask\\u000a::error::text:", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10")]
    [InlineData("ten%")]
    [InlineData("-1%")]
    [InlineData("")]
    public void AnInvalidLimitIsWrongUsage(string limit) =>
        Assert.Contains(Root().Parse(["cost", "diff", "a", "b", "--max-increase", limit]).Errors, error => error.Message.Contains("Use a percentage such as 10%", StringComparison.Ordinal));

    private async Task<string> SaveAsync(string file, string instructions, string name = "ask")
    {
        using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
        var scenario = new CostScenario(name, model, client => client.GetResponseAsync("What is it?", new ChatOptions { Instructions = instructions, MaxOutputTokens = 10 }));
        string path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        (await scenario.RunAsync()).SaveSnapshot(path);
        return path;
    }

    private static (int ExitCode, string Output) Trimmed((int ExitCode, string Output) run) => (run.ExitCode, run.Output.Trim());

    private static RootCommand Root()
    {
        var root = new RootCommand();
        root.Subcommands.Add(CostCommand.Create());
        return root;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        int exitCode = await Root().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = output });
        return (exitCode, output.ToString());
    }
}
