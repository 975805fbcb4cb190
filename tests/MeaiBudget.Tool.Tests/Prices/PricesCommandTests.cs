using System.CommandLine;
using System.Text.Json;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class PricesCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("meaibudget-prices").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ListShowsTheModelsOfAProvider()
    {
        (int exitCode, string output, _) = Run("prices", "list", "--provider", "anthropic");

        Assert.Equal(0, exitCode);
        Assert.Contains("claude-sonnet-4-5", output, StringComparison.Ordinal);
        Assert.DoesNotContain("gpt-4o", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ListWritesJson()
    {
        JsonElement[] models = [.. Json("prices", "list", "--provider", "openai", "--json").EnumerateArray()];

        JsonElement model = models.Single(entry => entry.GetProperty("id").GetString() == "gpt-4o");
        Assert.Equal(2.5m, model.GetProperty("price").GetProperty("perMillionTokens").GetProperty("input").GetDecimal());
        Assert.Equal(128_000, model.GetProperty("limits").GetProperty("contextWindow").GetInt64());
    }

    [Fact]
    public void FindTellsEveryStep()
    {
        (int exitCode, string output, _) = Run("prices", "find", "bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0");

        Assert.Equal(0, exitCode);
        Assert.Contains("1. as written", output, StringComparison.Ordinal);
        Assert.Contains("PrefixStripped", output, StringComparison.Ordinal);
        Assert.Contains("5.5", output, StringComparison.Ordinal);
    }

    [Fact]
    public void FindOfAnUnknownModelGivesTheLineToAdd()
    {
        (int exitCode, string output, _) = Run("prices", "find", "no-such-model");

        Assert.Equal(1, exitCode);
        Assert.Contains("catalog.With(\"no-such-model\"", output, StringComparison.Ordinal);
        Assert.Equal("Unknown", Json("prices", "find", "no-such-model", "--json").GetProperty("match").GetString());
    }

    [Fact]
    public void CheckOfTheCatalogItselfIsClean()
    {
        string file = Path.Combine(_directory, "copy.json");
        using (FileStream stream = File.Create(file))
        {
            PriceCatalog.Default.Save(stream);
        }

        (int exitCode, string output, _) = Run("prices", "check", file);

        Assert.Equal((0, true), (exitCode, output.Contains("0 prices differ", StringComparison.Ordinal)));
    }

    [Fact]
    public void CheckRefusesABadFileWithLineAndReason()
    {
        string file = Write("{\n\"format\": \"meaibudget-prices/1\",\n\"models\": [{ \"id\": \"a\",\n\"prices\": [{ \"input\": 2500000, \"output\": 1 }] }] }");

        (int exitCode, _, string error) = Run("prices", "check", file);
        JsonElement json = Json("prices", "check", file, "--json");

        Assert.Equal(1, exitCode);
        Assert.Contains("line 4", error, StringComparison.Ordinal);
        Assert.Contains("US dollars per million tokens", error, StringComparison.Ordinal);
        Assert.Equal((true, 4), (json.GetProperty("refused").GetBoolean(), json.GetProperty("line").GetInt64()));
    }

    [Fact]
    public void CheckFindsASuspiciousJumpAndOddPrices()
    {
        string file = Write("""{ "format": "meaibudget-prices/1", "models": [{ "provider": "openai", "id": "gpt-4o", "prices": [{ "input": 25, "output": 10, "cachedInput": 30 }] }] }""");

        (int exitCode, string output, _) = Run("prices", "check", file);

        Assert.Equal(1, exitCode);
        Assert.Contains("openai gpt-4o input 2.5 -> 25", output, StringComparison.Ordinal);
        Assert.Contains("a cached token costs more", output, StringComparison.Ordinal);
    }

    [Fact]
    public void DiffShowsWhatIsAddedRemovedAndChanged()
    {
        string one = Write("""{ "format": "meaibudget-prices/1", "models": [{ "id": "a", "prices": [{ "input": 1, "output": 2 }] }, { "id": "b", "prices": [{ "input": 1, "output": 2 }] }] }""");
        string other = Write("""{ "format": "meaibudget-prices/1", "models": [{ "id": "b", "prices": [{ "input": 1, "output": 3 }] }, { "id": "c", "prices": [{ "input": 1, "output": 2 }] }] }""");

        (int exitCode, string output, _) = Run("prices", "diff", one, other);
        JsonElement json = Json("prices", "diff", one, other, "--json");

        Assert.Equal(1, exitCode);
        Assert.Contains("b output 2 -> 3", output, StringComparison.Ordinal);
        Assert.Equal(("c", "a"), (json.GetProperty("added")[0].GetString(), json.GetProperty("removed")[0].GetString()));
        Assert.Equal(0, Run("prices", "diff", "default", "default").ExitCode);
    }

    [Fact]
    public void HistoryShowsPastAndAnnouncedPrices()
    {
        (int exitCode, string output, _) = Run("prices", "history", "gpt-5.6-luna");

        Assert.Equal(0, exitCode);
        Assert.Contains("ever", output, StringComparison.Ordinal);
        Assert.Contains("2026-07-30", output, StringComparison.Ordinal);
        Assert.Equal(["2026-07-30", "ever"], Json("prices", "history", "gpt-5.6-luna", "--json").GetProperty("periods").EnumerateArray().Select(period => period.GetProperty("from").GetString() ?? "ever").Distinct().Order());
        Assert.Equal(1, Run("prices", "history", "no-such-model").ExitCode);
    }

    [Fact]
    public void ThePackagesPriceFileIsWhatTheBuildMakes()
    {
        string? shared = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(shared is null, "Set MEAIBUDGET_SHARED to the folder of the shared material to compare the price file with its sources.");
        string file = Path.Combine(_directory, "made.json");
        string decisions = Path.Combine(Root(), "src", "MeaiBudget", "Pricing", "price-decisions.json");

        (int exitCode, string output, string error) = Run(
            ["prices", "build", .. Directory.GetFiles(Path.Combine(shared, "prices", "round2"), "*.gz"), "--decisions", decisions, "--output", file, "--disputes", Path.Combine(_directory, "disputes.json")]);

        Assert.True(exitCode == 0, output + error);
        Assert.Equal(File.ReadAllText(Path.Combine(Root(), "src", "MeaiBudget", "Pricing", "price-catalog.json")), File.ReadAllText(file));
    }

    [Fact]
    public void ListSearchesSortsAndStatesTheAge()
    {
        string[] ids = [.. Json("prices", "list", "--provider", "openai", "--search", "gpt-4.1", "--sort", "input", "--json").EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];

        Assert.Equal("gpt-4.1-nano", ids[0]);
        Assert.All(ids, id => Assert.Contains("gpt-4.1", id, StringComparison.Ordinal));
        Assert.Contains($"digest {PriceCatalog.Default.Digest}", Run("prices", "list", "--provider", "cerebras").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnknownProviderIsAnErrorWithASuggestion()
    {
        (int exitCode, _, string error) = Run("prices", "list", "--provider", "antropic");

        Assert.Equal(1, exitCode);
        Assert.Contains("Did you mean anthropic?", error, StringComparison.Ordinal);
    }

    [Fact]
    public void FindWarnsOfAnAliasThatMovesAGuessAndADispute()
    {
        string moved = Run("prices", "find", "mistral-large-latest", "--provider", "mistral").Output;

        Assert.Contains("moves this alias", moved, StringComparison.Ordinal);
        Assert.Contains("2025-12-02", moved, StringComparison.Ordinal);
        Assert.Contains("only inferred", Run("prices", "find", "gpt-5.5-of-tomorrow", "--provider", "openai").Output, StringComparison.Ordinal);
        Assert.Contains("Sources differ", Run("prices", "find", "gpt-5.6-sol", "--provider", "openai").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void UpdateWritesNothingWithoutConfirmation()
    {
        string newer = Write("""{ "format": "meaibudget-prices/1", "models": [{ "provider": "openai", "id": "gpt-4o", "prices": [{ "input": 1, "output": 10, "cachedInput": 1.25 }] }, { "provider": "openai", "id": "gpt-99", "prices": [{ "input": 1, "output": 2 }] }] }""");
        string target = Path.Combine(_directory, "over.json");

        (int exitCode, string output, _) = Run("prices", "update", "--from", newer, "--output", target);
        Assert.Equal((1, false), (exitCode, File.Exists(target)));
        Assert.Contains("openai gpt-99", output, StringComparison.Ordinal);
        Assert.Contains("openai gpt-4o input 2.5 -> 1", output, StringComparison.Ordinal);

        Assert.Equal(1, Run("prices", "update", "--from", newer, "--output", target, "--yes").ExitCode);
        Assert.Equal(["gpt-4o", "gpt-99"], PriceCatalog.Load(target).Models.Select(model => model.ModelId).Order());
    }

    [Fact]
    public void UpdateOfASourceThatCannotBeReadWritesNothing()
    {
        (int exitCode, _, string error) = Run("prices", "update", "--from", Path.Combine(_directory, "none.json"), "--yes");

        Assert.Equal(1, exitCode);
        Assert.Contains("nothing was written", error, StringComparison.Ordinal);
    }

    [Fact]
    public void VerifyFailsOnAModelWithoutAPriceAndOnAChangeThatNobodyReviewed()
    {
        string settings = Write("""{ "MeaiBudget": { "Routes": { "main": { "Provider": "openai", "Model": "gpt-4o" }, "own": { "Provider": "ollama", "Model": "llama3.2", "Local": true } } } }""");
        string lockFile = Path.Combine(_directory, "prices.lock.json");
        (int ExitCode, string Output, string Error) Verify(params string[] more) => Run(["prices", "verify", "--settings", settings, "--lock", lockFile, .. more]);

        Assert.Equal(1, Verify().ExitCode);
        Assert.Equal(0, Verify("--accept").ExitCode);
        Assert.Equal(0, Verify().ExitCode);

        string cheaper = Write("""{ "format": "meaibudget-prices/1", "models": [{ "provider": "openai", "id": "gpt-4o", "prices": [{ "input": 1, "output": 10 }] }] }""");
        Assert.Contains("changed since it was reviewed", Verify("--file", cheaper).Output, StringComparison.Ordinal);
        Assert.Contains("no price is known", Verify("--model", "openai/who-knows").Output, StringComparison.Ordinal);
    }

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "MeaiBudget.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests do not run below the repository.");
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        var root = new RootCommand { PricesCommand.Create() };
        var configuration = new InvocationConfiguration { Output = new StringWriter(), Error = new StringWriter() };
        int exitCode = root.Parse(arguments).Invoke(configuration);
        return (exitCode, configuration.Output.ToString()!, configuration.Error.ToString()!);
    }

    private static JsonElement Json(params string[] arguments) => JsonDocument.Parse(Run(arguments).Output).RootElement;

    private string Write(string json)
    {
        string file = Path.Combine(_directory, Guid.NewGuid().ToString("N") + ".json");
        File.WriteAllText(file, json);
        return file;
    }
}
