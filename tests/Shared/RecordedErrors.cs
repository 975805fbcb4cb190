using System.IO.Compression;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Real error answers of real providers, replayed through a real SDK.</summary>
internal static class RecordedErrors
{
    /// <summary>Reads the recorded errors, or skips the test where they are not at hand.</summary>
    public static IReadOnlyList<RecordedError> Read()
    {
        string? folder = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "Set MEAIBUDGET_SHARED to the folder of the shared material to replay recorded errors.");
        using FileStream file = File.OpenRead(Path.Combine(folder!, "exchanges", "errors.jsonl.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        List<RecordedError> errors = [];
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            errors.Add(RecordedError.From(document.RootElement));
        }

        return errors;
    }

    /// <summary>Reads what people said that each error is: id, kind, phase, whether a retry can help, whether another provider can.</summary>
    public static IReadOnlyDictionary<string, string> ReadLabels() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "recorded-error-labels.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t', 2))
            .ToDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>Replays each error, and returns the classifications that differ from the labels.</summary>
    public static async Task CheckAsync(Func<RecordedError, bool> which, Func<HttpMessageHandler, IChatClient> makeClient)
    {
        IReadOnlyDictionary<string, string> labels = ReadLabels();
        List<string> table = [];
        List<string> wrong = [];
        foreach (RecordedError? error in Read().Where(which))
        {
            ChatFailure failure = await ReplayAsync(error, makeClient);
            string actual = $"{failure.Kind}\t{failure.Phase}\t{(failure.IsTransient ? "retry" : "no-retry")}\t{(failure.CanAnotherProviderHelp ? "elsewhere" : "nowhere")}";
            table.Add($"{error.Id}\t{actual}\t{error.Api}\t{error.Status}\t{failure.ProviderCode}\t{failure.RetryAfter}\t{error.Text}");
            if (labels.GetValueOrDefault(error.Id) != actual)
            {
                wrong.Add($"{error.Id}: is {actual}, should be {labels.GetValueOrDefault(error.Id) ?? "(no label)"}: {error.Text}");
            }
        }

        Assert.NotEmpty(table);
        TestContext.Current.SendDiagnosticMessage("{0}", string.Join('\n', table));
        if (Environment.GetEnvironmentVariable("MEAIBUDGET_ERROR_TABLE") is { Length: > 0 } path)
        {
            await File.AppendAllLinesAsync(path, table);
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {table.Count} misclassified:\n" + string.Join('\n', wrong));
    }

    private static async Task<ChatFailure> ReplayAsync(RecordedError error, Func<HttpMessageHandler, IChatClient> makeClient)
    {
        using var handler = new CannedHandler(_ => CannedHandler.Response(error.Status, error.Body, error.MediaType, [.. error.Headers]));
        using IChatClient client = makeClient(handler);
        using WireAttempt wire = FreeSends.Begin();
        bool shown = false;
        try
        {
            if (error.Stream)
            {
                await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello"))
                {
                    shown |= update.Contents.Any(content => content is TextContent { Text.Length: > 0 } or TextReasoningContent { Text.Length: > 0 } or FunctionCallContent);
                }
            }
            else
            {
                await client.GetResponseAsync("hello");
            }
        }
        catch (Exception exception)
        {
            Assert.True(wire.Exchanges.Count == 1, $"{error.Id} made {wire.Exchanges.Count} requests: {exception}");
            return ChatFailureClassification.Classify(exception, client.GetService<IChatFailureClassifier>(), shown, CancellationToken.None, wire);
        }

        Assert.Fail($"{error.Id} ended as if nothing had happened: {error.Text}");
        return null!;
    }
}

/// <summary>One recorded error answer.</summary>
internal sealed record RecordedError(
    string Id, string Api, string Host, int Status, bool Stream, string Body, string MediaType, IReadOnlyList<(string Name, string Value)> Headers, string Text)
{
    public static RecordedError From(JsonElement row)
    {
        List<(string, string)> headers = row.TryGetProperty("response_headers", out JsonElement element) && element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().Select(header => (header.Name.ToLowerInvariant(), header.Value.ToString())).ToList()
            : [];
        string body = StringOf(row, "response_text");
        string? mediaType = headers.FirstOrDefault(header => header.Item1 == "content-type").Item2?.Split(';')[0].Trim();
        return new RecordedError(
            StringOf(row, "id"),
            StringOf(row, "api"),
            StringOf(row, "host"),
            row.GetProperty("http_status").GetInt32(),
            row.TryGetProperty("stream", out global::System.Text.Json.JsonElement stream) && stream.ValueKind == JsonValueKind.True,
            body,
            string.IsNullOrEmpty(mediaType) ? "application/json" : mediaType,
            [.. headers.Where(header => header.Item1 is not ("content-type" or "content-length" or "content-encoding" or "transfer-encoding"))],
            (StringOf(row, "error_message") is { Length: > 0 } message ? message : body).Replace('\n', ' ')[..Math.Min(160, (StringOf(row, "error_message") is { Length: > 0 } m ? m : body).Length)]);
    }

    private static string StringOf(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
