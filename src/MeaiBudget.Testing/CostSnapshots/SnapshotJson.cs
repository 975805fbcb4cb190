using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>Reads and writes the scenarios of a snapshot as JSON. What is zero, empty or null is left out.</summary>
internal static class SnapshotJson
{
    // Far above any real figure, and small enough that no sum or percentage overflows.
    private const decimal LargestAmount = 1_000_000_000_000m;
    private const long LargestNumber = 1_000_000_000_000_000;

    /// <summary>The form of the file: two spaces, line feeds.</summary>
    public static JsonWriterOptions Options { get; } = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Utf8JsonWriter json, ScenarioSnapshot scenario)
    {
        json.WriteStartObject();
        json.WriteNumber("calls", scenario.Calls);
        json.WriteNumber("attempts", scenario.Attempts);
        WriteAmounts(json, scenario.Expected, scenario.WithCache, scenario.Worst);
        if (scenario.Counted != scenario.Expected)
        {
            json.WriteNumber("counted", Plain(scenario.Counted));
        }

        json.WriteNumber("sharedShare", Plain(scenario.SharedShare));
        WriteTokens(json, scenario.Tokens);
        json.WriteStartArray("requests");
        foreach (RequestSnapshot request in scenario.Requests)
        {
            Write(json, request);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static ScenarioSnapshot ReadScenario(string name, JsonElement json)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object ? ReadScenario(json) : throw new FormatException("It is not an object.");
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            throw new FormatException($"The scenario '{name}' cannot be read: {exception.Message}", exception);
        }
    }

    private static ScenarioSnapshot ReadScenario(JsonElement json) => new()
    {
        Calls = (int)Number(json, "calls"),
        Attempts = (int)Number(json, "attempts"),
        Expected = Amount(json, "expected"),
        WithCache = Amount(json, "withCache"),
        Worst = Amount(json, "worst"),
        Counted = Amount(json, json.TryGetProperty("counted", out _) ? "counted" : "expected"),
        SharedShare = Amount(json, "sharedShare"),
        Tokens = ReadTokens(json),
        Requests = json.TryGetProperty("requests", out JsonElement requests) ? [.. requests.EnumerateArray().Select(ReadRequest)] : [],
    };

    /// <summary>Returns the text of a request without what depends on the order of concurrent requests: the prefix that an earlier one has, too.</summary>
    public static string ContentOf(RequestSnapshot request)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            Write(json, request with { SharedTokens = 0, WithCache = 0m, PrefixBreak = null });
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, RequestSnapshot request)
    {
        json.WriteStartObject();
        json.WriteString("model", request.Model);
        WriteText(json, "answeredBy", request.AnsweredBy);
        WriteText(json, "price", request.Price);
        json.WriteStartObject("perMillion");
        json.WriteNumber("input", Plain(request.Rates.Input));
        json.WriteNumber("cached", Plain(request.Rates.Cached));
        json.WriteNumber("output", Plain(request.Rates.Output));
        json.WriteEndObject();
        WriteText(json, "serviceTier", request.ServiceTier);
        WriteText(json, "outcome", request.Outcome);
        WriteAmounts(json, request.Expected, request.WithCache, request.Worst);
        WriteNumber(json, "inputTokens", request.InputTokens);
        WriteNumber(json, "cachedTokens", request.CachedTokens);
        WriteNumber(json, "sharedTokens", request.SharedTokens);
        WriteNumber(json, "outputLimit", request.OutputLimit);
        WriteText(json, "prefixBreak", request.PrefixBreak);
        WriteTokens(json, request.Tokens);
        if (request.CountedOutput != request.Tokens.Output)
        {
            json.WriteNumber("countedOutput", request.CountedOutput);
        }

        WriteNumber(json, "reasoningTokens", request.ReasoningTokens);
        WriteText(json, "reasoningEffort", request.ReasoningEffort);
        WriteAmount(json, "serverToolFees", request.ServerToolFees);
        WriteAmount(json, "cacheWriteSurcharge", request.CacheWriteSurcharge);
        WriteMap(json, "toolDefinitions", request.Definitions);
        WriteMap(json, "toolResults", request.Results);
        if (request.ToolCalls.Count > 0)
        {
            json.WriteStartArray("toolCalls");
            foreach (string tool in request.ToolCalls)
            {
                json.WriteStringValue(tool);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static RequestSnapshot ReadRequest(JsonElement json)
    {
        JsonElement rates = json.TryGetProperty("perMillion", out JsonElement found) ? found : default;
        return new RequestSnapshot
        {
            Model = Text(json, "model") ?? throw new FormatException("A request has no model."),
            AnsweredBy = Text(json, "answeredBy"),
            Price = Text(json, "price"),
            Rates = rates.ValueKind == JsonValueKind.Object ? new CostRates(Amount(rates, "input"), Amount(rates, "cached"), Amount(rates, "output")) : default,
            ServiceTier = Text(json, "serviceTier"),
            Outcome = Text(json, "outcome"),
            Expected = Amount(json, "expected"),
            WithCache = Amount(json, "withCache"),
            Worst = Amount(json, "worst"),
            InputTokens = Number(json, "inputTokens"),
            CachedTokens = Number(json, "cachedTokens"),
            SharedTokens = Number(json, "sharedTokens"),
            OutputLimit = Number(json, "outputLimit"),
            PrefixBreak = Text(json, "prefixBreak"),
            Tokens = ReadTokens(json),
            CountedOutput = json.TryGetProperty("countedOutput", out _) ? Number(json, "countedOutput") : ReadTokens(json).Output,
            ReasoningTokens = Number(json, "reasoningTokens"),
            ReasoningEffort = Text(json, "reasoningEffort"),
            ServerToolFees = Amount(json, "serverToolFees"),
            CacheWriteSurcharge = Amount(json, "cacheWriteSurcharge"),
            Definitions = Map(json, "toolDefinitions"),
            Results = Map(json, "toolResults"),
            ToolCalls = json.TryGetProperty("toolCalls", out JsonElement calls) ? [.. calls.EnumerateArray().Select(call => call.GetString() ?? "")] : [],
        };
    }

    private static void WriteAmounts(Utf8JsonWriter json, decimal expected, decimal withCache, decimal worst)
    {
        json.WriteNumber("expected", Plain(expected));
        json.WriteNumber("withCache", Plain(withCache));
        json.WriteNumber("worst", Plain(worst));
    }

    private static void WriteTokens(Utf8JsonWriter json, CostTokens tokens)
    {
        json.WriteStartObject("tokens");
        WriteNumber(json, "system", tokens.System);
        WriteNumber(json, "history", tokens.History);
        WriteNumber(json, "tools", tokens.Tools);
        WriteNumber(json, "results", tokens.Results);
        WriteNumber(json, "schema", tokens.Schema);
        WriteNumber(json, "media", tokens.Media);
        WriteNumber(json, "framing", tokens.Framing);
        WriteNumber(json, "output", tokens.Output);
        json.WriteEndObject();
    }

    private static CostTokens ReadTokens(JsonElement json)
    {
        IReadOnlyDictionary<string, long> tokens = Map(json, "tokens");
        return new CostTokens
        {
            System = tokens.GetValueOrDefault("system"),
            History = tokens.GetValueOrDefault("history"),
            Tools = tokens.GetValueOrDefault("tools"),
            Results = tokens.GetValueOrDefault("results"),
            Schema = tokens.GetValueOrDefault("schema"),
            Media = tokens.GetValueOrDefault("media"),
            Framing = tokens.GetValueOrDefault("framing"),
            Output = tokens.GetValueOrDefault("output"),
        };
    }

    private static void WriteMap(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, long> map)
    {
        if (map.Count > 0)
        {
            json.WriteStartObject(name);
            foreach ((string key, long value) in map)
            {
                json.WriteNumber(key, value);
            }

            json.WriteEndObject();
        }
    }

    private static SortedDictionary<string, long> Map(JsonElement json, string name)
    {
        var map = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (JsonProperty entry in json.TryGetProperty(name, out JsonElement found) ? found.EnumerateObject() : default)
        {
            map[entry.Name] = NumberOf(entry.Value, entry.Name);
        }

        return map;
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void WriteAmount(Utf8JsonWriter json, string name, decimal value)
    {
        if (value != 0m)
        {
            json.WriteNumber(name, Plain(value));
        }
    }

    private static string? Text(JsonElement json, string name) => !json.TryGetProperty(name, out JsonElement found) ? null
        : found.ValueKind == JsonValueKind.String ? found.GetString() : throw new FormatException($"'{name}' is not a text.");

    public static long Number(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement found) ? NumberOf(found, name) : 0;

    private static long NumberOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number is >= 0 and <= LargestNumber
            ? number : throw new FormatException($"'{name}' is not a whole number from 0 to {LargestNumber}.");

    private static decimal Amount(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out JsonElement found))
        {
            return 0m;
        }

        return found.ValueKind == JsonValueKind.Number && found.TryGetDecimal(out decimal amount) && amount is >= 0m and <= LargestAmount
            ? amount : throw new FormatException($"'{name}' is not a number from 0 to {LargestAmount}.");
    }

    /// <summary>Removes trailing zeros, so that the same amount always has the same text.</summary>
    private static decimal Plain(decimal value) => value / 1.0000000000000000000000000000m;
}
