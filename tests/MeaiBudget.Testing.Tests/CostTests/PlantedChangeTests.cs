using System.Globalization;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>Changes of applications that users make are found by comparing snapshots, and their cause is named first.</summary>
public sealed class PlantedChangeTests : IDisposable
{
    private const decimal MaxIncrease = 0.01m;

    private readonly string _folder = Directory.CreateTempSubdirectory("changes").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("support", "examples in the system prompt", "SystemPrompt")]
    [InlineData("support", "second system message", "SystemPrompt")]
    [InlineData("support", "longer description", "ToolDefinition")]
    [InlineData("support", "more parameters", "ToolDefinition")]
    [InlineData("support", "tools added", "NewTool")]
    [InlineData("support", "tools reordered", "Prefix")]
    [InlineData("support", "id in the system prompt", "Prefix")]
    [InlineData("support", "time in the system prompt", "Prefix")]
    [InlineData("support", "locale in the system prompt", "Prefix")]
    [InlineData("support", "results ten times larger", "ToolResults")]
    [InlineData("support", "more parallel calls", "ToolResults")]
    [InlineData("support", "serial calls", "Round")]
    [InlineData("support", "call repeated", "Round")]
    [InlineData("support", "retry loop", "Round")]
    [InlineData("support", "answer reviewed", "Round")]
    [InlineData("support", "alias", "Alias")]
    [InlineData("support", "dearer model", "Model")]
    [InlineData("support", "output limit raised", "OutputLimit")]
    [InlineData("support", "output limit removed", "OutputLimit")]
    [InlineData("support", "longer answer", "Output")]
    [InlineData("support", "reasoning", "Output")]
    [InlineData("support", "longer question", "History")]
    [InlineData("chat", "history not trimmed", "History")]
    [InlineData("chat", "examples as messages", "History")]
    [InlineData("chat", "examples in the system prompt", "SystemPrompt")]
    [InlineData("chat", "system prompt translated", "SystemPrompt")]
    [InlineData("chat", "clock in the system prompt", "Prefix")]
    [InlineData("chat", "seconds in the system prompt", "Prefix")]
    [InlineData("chat", "weekday in the system prompt", "Prefix")]
    [InlineData("chat", "schema added", "Schema")]
    [InlineData("chat", "another turn", "Round")]
    [InlineData("chat", "summary after each turn", "Round")]
    [InlineData("chat", "longer answers", "Output")]
    [InlineData("chat", "dearer model", "Model")]
    [InlineData("chat", "unknown model", "UnknownPrice")]
    [InlineData("chat", "alias", "Alias")]
    [InlineData("chat", "output limit raised", "OutputLimit")]
    [InlineData("chat", "image in detail", "Media")]
    [InlineData("chat", "larger image", "Media")]
    [InlineData("claude", "dearer model", "Model")]
    [InlineData("claude", "alias", "Alias")]
    [InlineData("claude", "thinking", "Output")]
    [InlineData("claude", "no cache control", "Prefix")]
    [InlineData("claude", "cache written each turn", "Prefix")]
    [InlineData("claude", "output limit raised", "OutputLimit")]
    [InlineData("router", "dearer classifier", "Model")]
    [InlineData("router", "dearer writer", "Model")]
    [InlineData("router", "dearer editor", "Model")]
    [InlineData("router", "failing route first", "Attempts")]
    [InlineData("router", "classified twice", "Round")]
    [InlineData("router", "editor added", "Round")]
    [InlineData("router", "longer classifier prompt", "SystemPrompt")]
    [InlineData("router", "longer answers", "Output")]
    [InlineData("router", "output limit of the writer raised", "OutputLimit")]
    [InlineData("search", "more chunks", "History")]
    [InlineData("search", "larger chunks", "History")]
    [InlineData("search", "history twice", "History")]
    [InlineData("search", "larger chunks embedded", "History")]
    [InlineData("search", "more chunks embedded", "Round")]
    [InlineData("search", "dearer embedding model", "Model")]
    [InlineData("search", "query rewritten", "Round")]
    [InlineData("search", "chunks ranked", "Round")]
    [InlineData("search", "chunks before the rules", "Prefix")]
    [InlineData("report", "examples in the system prompt", "SystemPrompt")]
    [InlineData("report", "another section", "Round")]
    [InlineData("report", "dearer model for a section", "Model")]
    [InlineData("report", "longer question for a section", "History")]
    [InlineData("report", "output limit raised", "OutputLimit")]
    public async Task AChangeIsFoundAndNamed(string application, string change, string cause)
    {
        ScenarioComparison comparison = await CompareAsync(application, change, seed: 2);

        string found = $"{comparison.Summary()}: {string.Join("; ", comparison.Causes.Select(named => named.Text))}";
        Assert.True(comparison.IsAbove(MaxIncrease), found);
        Assert.True(comparison.Causes[0].Kind.ToString() == cause, found);
    }

    [Fact]
    public async Task RunsInAnotherOrderWithOtherIdsAndAnotherCultureAreUnchanged()
    {
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (other.NumberFormat.NumberDecimalSeparator, other.NumberFormat.NumberGroupSeparator, other.NumberFormat.NegativeSign) = (",", "\u00a0", "\u2212");
        CultureInfo own = CultureInfo.CurrentCulture;
        try
        {
            foreach (string application in SampleApplications.Names)
            {
                for (int run = 0; run < 34; run++)
                {
                    CultureInfo.CurrentCulture = run % 2 == 0 ? other : own;
                    ScenarioComparison comparison = await CompareAsync(application, "", seed: 100 + run);

                    Assert.True(comparison is { IsChanged: false, Causes.Count: 0 }, $"{application}: {comparison.Summary()} {string.Join("; ", comparison.Causes.Select(cause => cause.Text))}");
                }
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = own;
        }
    }

    [Fact]
    public async Task ConcurrentRequestsInAnotherOrderLeaveTheFileAsItIs()
    {
        string path = Path.Combine(_folder, "cost.snapshot.json");
        (await SampleApplications.Create("report").RunAsync()).SaveSnapshot(path);
        string text = await File.ReadAllTextAsync(path);
        for (int seed = 2; seed < 12; seed++)
        {
            (await SampleApplications.Create("report", seed: seed).RunAsync()).SaveSnapshot(path);
        }

        Assert.Equal(text, await File.ReadAllTextAsync(path));
        (await SampleApplications.Create("report", "output limit raised").RunAsync()).SaveSnapshot(path);
        Assert.NotEqual(text, await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task MoreReasoningIsToldAlthoughAScriptAnswersTheSame()
    {
        CostCause cause = Assert.Single((await CompareAsync("claude", "more effort", seed: 1)).Causes);

        Assert.Equal((CostCauseKind.ReasoningEffort, "High"), (cause.Kind, cause.Subject));
        Assert.Contains("'High' instead of 'default'", cause.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongerAnswersSayThatTheyAreReasoning() =>
        Assert.Contains("most of it is reasoning", (await CompareAsync("claude", "thinking", seed: 1)).Causes[0].Text, StringComparison.Ordinal);

    private async Task<ScenarioComparison> CompareAsync(string application, string change, int seed)
    {
        string before = Path.Combine(_folder, "base.json");
        string after = Path.Combine(_folder, "head.json");
        File.Delete(before);
        File.Delete(after);
        (await SampleApplications.Create(application).RunAsync()).SaveSnapshot(before);
        (await SampleApplications.Create(application, change, seed).RunAsync()).SaveSnapshot(after);
        return Assert.Single(ScenarioComparison.All(CostSnapshot.Load(before), CostSnapshot.Load(after)));
    }
}
