using System.CommandLine;
using System.Text.Json;
using MeaiBudget.Testing;
using MeaiBudget.Tool;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>The doctor finds what is wrong in a configuration, says what to do, and shows no key.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private const string Healthy = """
        { "MeaiBudget": {
            "Providers": { "openai": { "Type": "OpenAI" } },
            "Routes": { "mini": { "Provider": "openai", "Model": "gpt-4.1-mini" } },
            "Models": { "smart": { "Route": "mini" } },
            "Budgets": { "day": { "Limit": 20 }, "tenant": { "Limit": 5, "PartitionBy": ["tag:tenant"] } },
            "Ledger": { "Type": "Sqlite", "Path": "LEDGER" } } }
        """;

    private const string Key = "sk-canary-0123456789abcdef";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-doctor-");
    private readonly ToolLedgers _ledgers = new();

    public void Dispose()
    {
        _ledgers.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task R6_AHealthyConfigurationHasNothingToDo()
    {
        (string path, string name) = _ledgers.New("sqlite");
        await SpendAsync((path, name), "acme");

        (int code, Finding[] findings, _) = await RunAsync(Healthy.Replace("LEDGER", path, StringComparison.Ordinal));

        Assert.Equal(0, code);
        Assert.Equal([], findings.Where(finding => finding.State != "ok").Select(finding => finding.ToString()));
        Assert.Equal("Set by the environment variable OPENAI_API_KEY.", findings.Single(finding => finding.Check == "key of openai").Found);
        Assert.Contains("logging > token estimation > budget > retry > fallback", findings.Single(finding => finding.Check == "layers of smart").Found, StringComparison.Ordinal);
        Assert.Contains("2 accounts", findings.Single(finding => finding.Check == "ledger").Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Limit\": 20", "\"Limit\": -1", "settings", "fail", "MeaiBudget:Budgets:day:Limit: '-1' is too small.")]
    [InlineData("\"Limit\": 20", "\"Limt\": 20", "settings", "fail", "there is no such setting.")]
    [InlineData("\"gpt-4.1-mini\"", "\"nobody-knows-it\"", "price of mini", "fail", "No price is known for 'nobody-knows-it'.")]
    [InlineData("\"Limit\": 20", "\"Limit\": 0.001", "output of mini", "fail", "It refuses every call.")]
    [InlineData("\"Limit\": 20", "\"Limit\": 0.06", "output of mini", "warn", "2 such calls at a time.")]
    [InlineData("\"Limit\": 20", "\"Limit\": 20, \"PartitionBy\": [\"class\"]", "budget day", "warn", "there are no classes")]
    [InlineData("\"Limit\": 20", "\"Limit\": 0", "budget day", "warn", "Its limit is 0")]
    [InlineData("\"Type\": \"OpenAI\"", "\"Type\": \"OpenAI\", \"ApiKey\": \"sk-canary-in-a-file-0123\"", "key of openai", "warn", "MeaiBudget:Providers:openai:ApiKey")]
    [InlineData("\"Type\": \"OpenAI\"", "\"Type\": \"OurOwnGateway\"", "provider openai", "warn", "'OurOwnGateway' is not one of the packages'")]
    [InlineData("\"Type\": \"OpenAI\"", "\"Type\": \"OpenIA\"", "settings", "fail", "Did you mean 'OpenAI'?")]
    [InlineData("\"Type\": \"Sqlite\", \"Path\": \"LEDGER\"", "\"Type\": \"InMemory\"", "ledger", "warn", "each process has its own limits")]
    [InlineData("\"Path\": \"LEDGER\"", "\"Path\": \"/nowhere/spend.db\"", "settings", "fail", "MeaiBudget:Ledger:Path")]
    [InlineData("\"Type\": \"Sqlite\", \"Path\": \"LEDGER\"", "\"Type\": \"OurOwnLedger\"", "ledger", "warn", "'OurOwnLedger' is not one of the packages'")]
    public async Task R6_AMistakeIsFoundAndSaysWhatToDo(string right, string wrong, string check, string state, string says)
    {
        (string path, string name) = _ledgers.New("sqlite");
        await SpendAsync((path, name), "acme");

        (int code, Finding[] findings, string output) = await RunAsync(Healthy.Replace(right, wrong, StringComparison.Ordinal).Replace("LEDGER", path, StringComparison.Ordinal));

        Assert.Equal(state == "fail" ? 1 : 0, code);
        Assert.Contains(findings, finding => finding.Check == check && finding.State == state && (finding.Found + finding.Advice).Contains(says, StringComparison.Ordinal));
        Assert.All(findings.Where(finding => finding.State == "warn"), finding => Assert.NotEmpty(finding.Advice));
        Assert.DoesNotContain("canary", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R6_AMissingKeyNamesItsVariables()
    {
        (int code, Finding[] findings, _) = await RunAsync(Healthy, variables: []);

        Finding key = findings.Single(finding => finding.Check == "key of openai");
        Assert.Equal((1, "fail", "Set the environment variable OPENAI_API_KEY or MeaiBudget__Providers__openai__ApiKey."), (code, key.State, key.Advice));
    }

    [Fact]
    public async Task R6_ATagThatNoCallHadAndABudgetThatNoCallMatchedAreFound()
    {
        (string path, string name) = _ledgers.New("sqlite");
        await SpendAsync((path, name), tenant: null);

        (_, Finding[] findings, _) = await RunAsync(Healthy.Replace("\"day\":", "\"days\":", StringComparison.Ordinal).Replace("LEDGER", path, StringComparison.Ordinal));

        Assert.Contains(findings, finding => finding is { Check: "budget tenant", State: "warn", Found: "No call in the ledger had the tag that divides this budget." });
        Assert.Contains(findings, finding => finding is { Check: "budget days", State: "warn" } && finding.Found.StartsWith("The ledger has calls, but none", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding is { Check: "ledger's budgets", State: "warn" } && finding.Found.Contains("'day'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgresql")]
    public async Task R6_ALedgerOnAServerIsReadAndItsClockCompared(string kind)
    {
        (string Ledger, string Name) ledger = _ledgers.New(kind);
        await SpendAsync(ledger, "acme");
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(-10));

        (int right, Finding[] now, _) = await RunAsync(null, null, null, "--ledger", ledger.Ledger, "--name", ledger.Name);
        (int late, Finding[] then, _) = await RunAsync(null, null, clock, "--ledger", ledger.Ledger, "--name", ledger.Name);

        Assert.Equal((0, 1), (right, late));
        Assert.Equal(["ok", "ok", "ok"], now.Select(finding => finding.State));
        Assert.Contains("2 accounts", now[0].Found, StringComparison.Ordinal);
        Assert.Equal("fail", then.Single(finding => finding.Check == "clock").State);
    }

    [Theory]
    [InlineData("redis:127.0.0.1:1,connectTimeout=200,connectRetry=1,password=canary")]
    [InlineData("Host=127.0.0.1;Port=1;Database=x;Username=y;Password=canary;Timeout=2")]
    [InlineData("env:NOT_SET_ANYWHERE")]
    [InlineData("/nowhere/spend.db")]
    public async Task R6_ALedgerThatCannotBeReachedFailsWithoutItsPassword(string ledger)
    {
        (int code, Finding[] findings, string output) = await RunAsync(null, null, null, "--ledger", ledger);

        Assert.Equal((1, "ledger", "fail"), (code, findings[0].Check, findings[0].State));
        Assert.DoesNotContain("canary", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R6_OnlineAsksEachAddressWithoutAKey()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        string settings = Healthy.Replace("\"Type\": \"OpenAI\"", $"\"Type\": \"OpenAI\", \"BaseUrl\": \"{simulator.OpenAIBaseUrl}\"", StringComparison.Ordinal);

        (_, Finding[] there, _) = await RunAsync(settings, null, null, "--online");
        (_, Finding[] away, _) = await RunAsync(settings.Replace(simulator.OpenAIBaseUrl.ToString(), simulator.ConnectionRefusedUrl.ToString(), StringComparison.Ordinal), null, null, "--online");

        Assert.Equal("ok", there.Single(finding => finding.Check == "address of openai").State);
        Assert.Equal("fail", away.Single(finding => finding.Check == "address of openai").State);
    }

    [Theory]
    [InlineData("{ \"MeaiBudget\": ", "bad.json: ")]
    [InlineData("{ }", "no section \"MeaiBudget\"")]
    [InlineData("[]", "bad.json")]
    public async Task R6_AFileThatIsNoConfigurationFails(string text, string says)
    {
        string file = Path.Combine(_folder.FullName, "bad.json");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        (int code, string output) = await ToolLedgers.RunAsync(DoctorCommand.Create(new Dictionary<string, string>()), "--config", file, "--json");

        Assert.Equal(1, code);
        Assert.Contains(says, JsonDocument.Parse(output).RootElement.GetProperty("findings")[0].GetProperty("found").GetString(), StringComparison.Ordinal);
    }

    private static async Task SpendAsync((string Ledger, string Name) one, string? tenant)
    {
        ISpendLedger ledger = await ToolLedgers.OpenAsync(one);
        var tracker = new CostTracker([Budget.Daily("day", 20m), Budget.Daily("tenant", 5m).PerTag("tenant")], ledger: ledger);
        await tracker.SpendAsync("gpt-4.1-mini", 1_000, 100, tenant is null ? null : new Dictionary<string, string> { ["tenant"] = tenant });
        (ledger as IDisposable)?.Dispose();
    }

    private async Task<(int Code, Finding[] Findings, string Output)> RunAsync(
        string? settings, Dictionary<string, string>? variables = null, TimeProvider? clock = null, params string[] arguments)
    {
        var all = new List<string>(arguments) { "--json" };
        if (settings is not null)
        {
            string file = Path.Combine(_folder.FullName, "appsettings.json");
            await File.WriteAllTextAsync(file, settings.Replace("LEDGER", Path.Combine(_folder.FullName, "new.db"), StringComparison.Ordinal), TestContext.Current.CancellationToken);
            all.AddRange(["--config", file]);
        }

        (int code, string output) = await ToolLedgers.RunAsync(DoctorCommand.Create(variables ?? new() { ["OPENAI_API_KEY"] = Key }, clock), [.. all]);
        Finding[] findings = JsonDocument.Parse(output).RootElement.GetProperty("findings").Deserialize<Finding[]>(JsonSerializerOptions.Web)!;
        return (code, findings, output);
    }

    private sealed record Finding(string State, string Check, string Found, string Advice);
}
