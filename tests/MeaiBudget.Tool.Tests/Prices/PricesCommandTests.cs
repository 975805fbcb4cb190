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

        Assert.Equal(2, exitCode);
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
        Assert.Equal(2, Json("prices", "history", "gpt-5.6-luna", "--json").GetProperty("periods").GetArrayLength());
        Assert.Equal(1, Run("prices", "history", "no-such-model").ExitCode);
    }

    [Fact]
    public void ThePackagesPriceFileIsWhatTheImporterMakes()
    {
        string? shared = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(shared is null, "Set MEAIBUDGET_SHARED to the folder of the shared material to compare the price file with its sources.");
        string file = Path.Combine(_directory, "made.json");

        (int exitCode, _, _) = Run(
            "prices", "import", "--genai-prices", Path.Combine(shared, "prices", "genai-prices-v2.json"), "--models-dev", Path.Combine(shared, "prices", "models-dev.json"),
            "--output", file, "--catalog-version", PriceCatalog.Default.Info.Version!);

        Assert.Equal(0, exitCode);
        Assert.Equal(0, Run("prices", "diff", "default", file).ExitCode);
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
