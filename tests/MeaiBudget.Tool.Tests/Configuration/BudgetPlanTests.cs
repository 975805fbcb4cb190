using System.Text.Json;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Commands read the budgets of an app's settings file as the app does, and name the file and the path of a mistake.</summary>
public sealed class BudgetPlanTests : IDisposable
{
    private const string Routes = """
        "Providers": { "openai": { "Type": "OpenAI" }, "ollama": { "Type": "Ollama" } },
        "Routes": {
          "primary": { "Provider": "openai", "Model": "large" },
          "cheap": { "Provider": "openai", "Model": "small" },
          "home": { "Provider": "ollama", "Model": "llama3.2" }
        },
        "Models": { "smart": { "Route": "primary" }, "fast": { "Route": "cheap", "Fallback": [] } },
        "DefaultModel": "smart",
        "Prices": { "large": { "Input": 0, "Output": 1000 }, "small": { "Input": 0, "Output": 100 } }
        """;

    private static readonly Dictionary<string, string> NoVariables = [];

    private readonly RecordedLedger _recorded = new();

    public void Dispose() => _recorded.Dispose();

    [Fact]
    public async Task R6_TheReportComparesWithTheBudgetsOfTheApp()
    {
        await RecordAsync();

        (int exitCode, string output, string error) = RecordedLedger.Run(
            "report", _recorded.File, "--by", "model", "--json", "--config", File($$"""{ "MeaiBudget": { {{Routes}}, "Budgets": { "day": { "Limit": 8 } } } }"""));

        Assert.Equal((0, ""), (exitCode, error));
        JsonElement day = JsonSerializer.Deserialize<JsonElement>(output).GetProperty("budgets")[0];
        Assert.Equal(("day", 8m), (day.GetProperty("budget").GetString(), day.GetProperty("limit").GetDecimal()));
    }

    [Fact]
    public async Task R6_TheSimulationTriesTheFallbacksOfTheApp()
    {
        await RecordAsync();

        JsonElement withFallback = Simulate($$"""{ "MeaiBudget": { {{Routes}}, "Budgets": { "day": { "Limit": 2, "PartitionBy": ["tag:tenant"] } } } }""");
        Assert.Equal((4, 2, 2), (Number(withFallback, "calls"), Number(withFallback, "switched"), (int)withFallback.GetProperty("spend").GetDecimal()));

        JsonElement without = Simulate($$"""{ "MeaiBudget": { {{Routes.Replace("\"home\": {", "\"home\": { \"WhenOverBudget\": false,", StringComparison.Ordinal)}}, "Budgets": { "day": { "Limit": 2, "PartitionBy": ["tag:tenant"] } } } }""");
        Assert.Equal((4, 0, 2), (Number(without, "calls"), Number(without, "switched"), Number(without, "refused")));
    }

    [Fact]
    public async Task R6_AnEnvironmentVariableOverridesTheFileAndIsNamedWhereItIsWrong()
    {
        string file = File("""{ "MeaiBudget": { "Budgets": { "day": { "Limit": 8 } } } }""");

        BudgetPlan plan = await BudgetPlan.ReadAsync(file, default, new Dictionary<string, string> { ["MeaiBudget__Budgets__day__Limit"] = "3" });
        InvalidDataException wrong = await Assert.ThrowsAsync<InvalidDataException>(
            () => BudgetPlan.ReadAsync(file, default, new Dictionary<string, string> { ["MeaiBudget__Budgets__day__Limit"] = "three" }));

        Assert.Equal(3m, Assert.Single(plan.Budgets).Limit);
        Assert.StartsWith("environment variable MeaiBudget__Budgets__day__Limit: MeaiBudget:Budgets:day:Limit: 'three'", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "MeaiBudget": { "Budgets": { "day": { "Limit": -1 } } } }""", "MeaiBudget:Budgets:day:Limit: '-1'")]
    [InlineData("""{ "meaibudget": { "Budgets": { "day": { "Limt": 1 } } } }""", "budgets:day:Limt: there is no such setting.")]
    [InlineData("""{ "MeaiBudget": { "Budgets": { "day": { "Limit": 1, "TimeZone": "Mars" } } } }""", "MeaiBudget:Budgets:day:TimeZone: there is no time zone 'Mars'.")]
    [InlineData("""{ "MeaiBudget": { "Prices": { "m": { "Input": 1 } } } }""", "MeaiBudget:Prices:m: \"Output\" is missing.")]
    [InlineData("""{ "MeaiBudget": { "PriceFile": "nowhere.json" } }""", "MeaiBudget:PriceFile: ")]
    [InlineData("""{ "MeaiBudget": {} }""", "no section \"MeaiBudget\"")]
    [InlineData("""{ "MeaiBudget": { "Budgets": { "day": { "Limit": 1 }, "DAY": { "Limit": 2 } } } }""", "A duplicate key 'MeaiBudget:Budgets:DAY:Limit' was found.")]
    [InlineData("""{ "MeaiBudget": { "Budgets": """, "appsettings.json: line 1, column")]
    [InlineData("""{ "Logging": {} }""", "neither a section \"MeaiBudget\"")]
    [InlineData("""{ "budgets": [ { "name": "day", "period": "day", "limit": "five" } ] }""", "$.budgets[0].limit")]
    public async Task R6_AMistakeNamesTheFileAndThePathInIt(string text, string expected)
    {
        string file = File(text);

        InvalidDataException wrong = await Assert.ThrowsAsync<InvalidDataException>(() => BudgetPlan.ReadAsync(file, default, NoVariables));

        Assert.StartsWith(file + ": ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task R6_KeysAndAddressesDoNotMatterForBudgets()
    {
        BudgetPlan plan = await BudgetPlan.ReadAsync(
            File("""
                {
                  // Of another type, without a key, with a comment and a comma too many.
                  "MeaiBudget": {
                    "Providers": { "own": { "Type": "OurOwnGateway", "BaseUrl": "nowhere" }, "openai": { "Type": "OpenAI" } },
                    "Routes": { "r": { "Provider": "openai", "Model": "gpt-4.1-mini" }, "own": { "Provider": "own", "Model": "ours" } },
                    "Models": { "m": { "Route": "r", "Fallback": ["own"] } },
                    "Budgets": { "day": { "Limit": 1 }, "tokens": { "TokenLimit": 5, "Period": "Rolling", "Span": "04:00:00" } },
                  },
                }
                """),
            default, NoVariables);

        Assert.Equal(["day", "tokens"], plan.Budgets.Select(budget => budget.Name));
        Assert.Equal(["gpt-4.1-mini", "ours"], plan.Routes.Select(route => route.Model));
        Assert.Equal("r", plan.FirstRoutes["M"].Name);
    }

    [Fact]
    public async Task R6_AQuoteTakesTheRoutesAndPricesOfTheApp()
    {
        RawRequest request = RawRequestReader.Read(JsonDocument.Parse("""{"model":"fast","max_tokens":1000,"messages":[{"role":"user","content":"Hi"}]}""").RootElement, ChatApi.Unknown);
        BudgetPlan plan = await BudgetPlan.ReadAsync(File($$"""{ "MeaiBudget": { {{Routes}} } }"""), default, NoVariables);

        var quoted = QuotedModels.Of(request, [], plan);
        var quote = RequestQuote.Of(request, quoted.Own!, isOwn: true, expectedOutput: null, quoted.PriceOf(quoted.Own!));

        Assert.Equal(("small", "small large llama3.2"), (quoted.Own, string.Join(' ', quoted.Models)));
        Assert.Equal(0.1m, quote.Worst);
        Assert.True(quoted.PriceOf("llama3.2")!.IsKnown);
    }

    [Fact]
    public void R6_VariablesThatDifferInCaseOnlyAreNoMistake()
    {
        IReadOnlyDictionary<string, string> variables = ToolEnvironment.Of([new("http_proxy", "b"), new("HTTP_PROXY", "a"), new("Path", "c")]);

        Assert.Equal(("b", "c", 2), (variables["HTTP_Proxy"], variables["PATH"], variables.Count));
    }

    private async Task RecordAsync()
    {
        await using SqliteSpendLedger ledger = _recorded.Open();
        var tracker = new CostTracker([Budget.Daily("day", null)], RecordedLedger.Prices, ledger, options => options.RecordedTags.Add("tenant"));
        for (int call = 0; call < 4; call++)
        {
            await _recorded.CallAsync(tracker, "large", 1_000, "acme");
        }
    }

    private JsonElement Simulate(string text)
    {
        (int exitCode, string output, string error) = RecordedLedger.Run("simulate", "--ledger", _recorded.File, "--config", File(text), "--json");
        Assert.Equal((0, ""), (exitCode, error));
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static int Number(JsonElement result, string name) => result.GetProperty(name).GetInt32();

    private string File(string text)
    {
        string file = _recorded.InFolder("appsettings.json");
        System.IO.File.WriteAllText(file, text);
        return file;
    }
}
