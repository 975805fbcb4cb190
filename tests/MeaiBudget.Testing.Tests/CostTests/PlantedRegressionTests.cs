using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Regressions that are planted into the sample agents are found by comparing snapshots, and their cause is named.</summary>
public sealed class PlantedRegressionTests : IDisposable
{
    private const decimal MaxIncrease = 0.02m;

    private static readonly Regression[] Kinds =
    [
        Regression.SystemPrompt, Regression.Round, Regression.Prefix, Regression.Alias, Regression.OutputLimit,
        Regression.Answers, Regression.NewTool, Regression.ToolDefinition, Regression.Conversation, Regression.Price,
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("snapshots").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task OfFiftyPlantedRegressions48AreFoundAndTheCauseOf45IsNamed()
    {
        string baseFile = Path.Combine(_folder, "base.json");
        foreach (string agent in SampleAgents.Names)
        {
            (await SampleAgents.Create(agent).RunAsync()).SaveSnapshot(baseFile);
        }

        var before = CostSnapshot.Load(baseFile);
        List<string> missed = [];
        List<string> misnamed = [];
        int planted = 0;
        foreach (string agent in SampleAgents.Names)
        {
            foreach (Regression kind in Kinds)
            {
                planted++;
                string headFile = Path.Combine(_folder, $"head-{planted}.json");
                (await SampleAgents.Create(agent, kind).RunAsync()).SaveSnapshot(headFile);
                ScenarioComparison comparison = ScenarioComparison.All(before, CostSnapshot.Load(headFile)).Single(scenario => scenario.Name == agent);
                string what = $"{agent}, {kind}: {comparison.Summary()}; {string.Join("; ", comparison.Causes.Select(cause => $"{cause.Kind} {cause.Expected}/{cause.Worst}"))}";
                if (!comparison.IsAbove(MaxIncrease))
                {
                    missed.Add(what);
                }
                else if (!Names(agent, kind).Contains(comparison.Causes[0].Kind))
                {
                    misnamed.Add(what);
                }
            }
        }

        Assert.Equal(50, planted);
        Assert.True(missed.Count <= 2, "Not found: " + string.Join(Environment.NewLine, missed));
        Assert.True(missed.Count + misnamed.Count <= 5, "Not named: " + string.Join(Environment.NewLine, misnamed));
        TestContext.Current.TestOutputHelper?.WriteLine($"{planted - missed.Count} of {planted} found, {planted - missed.Count - misnamed.Count} named. {string.Join(Environment.NewLine, missed.Concat(misnamed))}");
    }

    [Fact]
    public async Task TwoHundredUnchangedRunsRaiseNoAlarm()
    {
        List<string> alarms = [];
        foreach (string agent in SampleAgents.Names)
        {
            CostReport first = await SampleAgents.Create(agent).RunAsync();
            var before = ScenarioSnapshot.Of(first);
            for (int run = 0; run < 40; run++)
            {
                var comparison = ScenarioComparison.Of(agent, before, ScenarioSnapshot.Of(await SampleAgents.Create(agent).RunAsync()));
                if (comparison.IsAbove(0m) || comparison.IsChanged || comparison.Causes.Count > 0)
                {
                    alarms.Add(comparison.Summary());
                }
            }
        }

        Assert.Empty(alarms);
    }

    [Fact]
    public async Task SeveralRegressionsAreNamedTogetherTheDearestFirst()
    {
        var before = ScenarioSnapshot.Of(await SampleAgents.Create("chat page").RunAsync());
        CostReport report = (await SampleAgents.Create("chat page", Regression.SystemPrompt).RunAsync())
            .PricedWith(PriceCatalog.Empty.With("gpt-4.1-mini", ModelPrice.PerMillionTokens(input: 4m, output: 16m, cachedInput: 1m)));

        var comparison = ScenarioComparison.Of("chat page", before, ScenarioSnapshot.Of(report));

        Assert.Equal([CostCauseKind.Price, CostCauseKind.SystemPrompt], comparison.Causes.Select(cause => cause.Kind));
    }

    [Fact]
    public async Task AnotherModelIsNamed()
    {
        var before = ScenarioSnapshot.Of(await SampleAgents.Create("ticket summarizer").RunAsync());
        var after = ScenarioSnapshot.Of(await SampleAgents.Create("ticket summarizer", Regression.Model).RunAsync());

        CostCause cause = ScenarioComparison.Of("ticket summarizer", before, after).Causes[0];

        Assert.Equal((CostCauseKind.Model, "gpt-4.1"), (cause.Kind, cause.Subject));
        Assert.Contains("'gpt-4.1' instead of 'gpt-4.1-mini'", cause.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASnapshotIsTheSameTextAndIsReadBackUnchanged()
    {
        string path = Path.Combine(_folder, "cost.snapshot.json");
        CostReport report = await SampleAgents.Create("research agent").RunAsync();
        report.SaveSnapshot(path);
        string text = await File.ReadAllTextAsync(path);
        (await SampleAgents.Create("research agent").RunAsync()).SaveSnapshot(path);

        Assert.Equal(text, await File.ReadAllTextAsync(path));
        Assert.Equal(text, CostSnapshot.Load(path).Write());
        Assert.DoesNotContain("Rule 3", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TestsThatRunInParallelWriteOneFile()
    {
        string path = Path.Combine(_folder, "cost.snapshot.json");
        CostReport[] reports = await Task.WhenAll(SampleAgents.Names.Select(agent => SampleAgents.Create(agent).RunAsync()));

        await Task.WhenAll(reports.Select(report => Task.Run(() => report.SaveSnapshot(path))));

        Assert.Equal(SampleAgents.Names.Order(StringComparer.Ordinal), CostSnapshot.Load(path).Scenarios.Keys);
    }

    [Fact]
    public async Task NotDearerComparesWithTheSnapshotAndSaysWhy()
    {
        string path = Path.Combine(_folder, "cost.snapshot.json");
        CostReport before = await SampleAgents.Create("weather agent").RunAsync();
        CostAssert.NotDearer(before, path: path);
        before.SaveSnapshot(path);
        CostAssert.NotDearer(before, maxIncrease: 0m, path: path);
        CostReport after = await SampleAgents.Create("weather agent", Regression.Round).RunAsync();

        CostAssertException exception = Assert.Throws<CostAssertException>(() => CostAssert.NotDearer(after, path: path));

        Assert.Contains("1 more request after the tool 'lookup'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"version\": 2, \"scenarios\": {}}")]
    [InlineData("{\"version\": 1}")]
    [InlineData("{\"version\": 1, \"scenarios\": {\"a\": {\"requests\": [{}]}}}")]
    [InlineData("{\"version\": 1, \"scenarios\": {\"a\": {\"calls\": \"many\"}}}")]
    [InlineData("not json")]
    public async Task AFileThatIsNoSnapshotIsNamed(string text)
    {
        string path = Path.Combine(_folder, "broken.json");
        await File.WriteAllTextAsync(path, text);

        Assert.Contains("broken.json", Assert.Throws<FormatException>(() => CostSnapshot.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADoubleThatAlwaysReportsTheSameUsageHidesNothing(bool isAnswer)
    {
        var before = ScenarioSnapshot.Of(await AskAsync("Be brief.", "Rome."));
        string longer = " " + string.Join(' ', Enumerable.Repeat("And more of it.", 60));

        var comparison = ScenarioComparison.Of("ask", before, ScenarioSnapshot.Of(isAnswer ? await AskAsync("Be brief.", "Rome." + longer) : await AskAsync("Be brief." + longer, "Rome.")));

        Assert.True(comparison.IsAbove(MaxIncrease), comparison.Summary());
        Assert.Equal(isAnswer ? CostCauseKind.Output : CostCauseKind.SystemPrompt, comparison.Causes[0].Kind);
        Assert.Contains("the reported usage did not change", comparison.Summary(), StringComparison.Ordinal);

        static async Task<CostReport> AskAsync(string instructions, string answer)
        {
            using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
            model.Default = ScriptedReply.Text(answer).WithUsage(100, 20);
            return await new CostScenario("ask", model, client => client.GetResponseAsync("What?", new ChatOptions { Instructions = instructions, MaxOutputTokens = 20_000 })).RunAsync();
        }
    }

    [Fact]
    public async Task APrefixThatIsLostIsToldBeforeItCostsAnything()
    {
        var before = ScenarioSnapshot.Of(await AskAsync(""));
        var comparison = ScenarioComparison.Of("ask", before, ScenarioSnapshot.Of(await AskAsync("It is 10:15:0")));

        CostCause cause = Assert.Single(comparison.Causes, cause => cause.Kind == CostCauseKind.Prefix);
        Assert.Equal(0m, cause.Expected);
        Assert.Contains("a date, a time or an id", cause.Text, StringComparison.Ordinal);

        static async Task<CostReport> AskAsync(string clock)
        {
            using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
            return await new CostScenario("ask", model, async client =>
            {
                for (int second = 0; second < 3; second++)
                {
                    await client.GetResponseAsync("What?", new ChatOptions { Instructions = (clock.Length == 0 ? "" : $"{clock}{second}. ") + "Answer the customer politely, and never promise a date." });
                }
            }).RunAsync();
        }
    }

    /// <summary>The causes that name a regression. Agents without tools have a response schema and longer questions in place of them.</summary>
    private static CostCauseKind[] Names(string agent, Regression kind)
    {
        bool hasTools = agent is "weather agent" or "research agent";
        return kind switch
        {
            Regression.SystemPrompt => [CostCauseKind.SystemPrompt],
            Regression.Round => [CostCauseKind.Round],
            Regression.Prefix => [CostCauseKind.Prefix],
            Regression.Alias => [CostCauseKind.Alias],
            Regression.OutputLimit => [CostCauseKind.OutputLimit],
            Regression.Answers => [CostCauseKind.Output],
            Regression.NewTool => [CostCauseKind.NewTool],
            Regression.ToolDefinition => [hasTools ? CostCauseKind.ToolDefinition : CostCauseKind.Schema],
            Regression.Conversation => [hasTools ? CostCauseKind.ToolResults : CostCauseKind.History],
            Regression.Price => [CostCauseKind.Price],
            _ => [CostCauseKind.Model],
        };
    }
}
