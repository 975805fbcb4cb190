using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace MeaiBudget.Tool;

/// <summary>Writes each attempt of a ledger as it is read: as comma-separated values, or as one JSON object on each line.</summary>
internal sealed class AttemptExport : IDisposable
{
    private static readonly string[] Columns =
    [
        "at", "settledAt", "call", "attempt", "state", "outcome", "provider", "model", "responseModel", "route", "run", "tier", "inputTokens", "cachedInputTokens",
        "cacheWriteTokens", "outputTokens", "reasoningTokens", "spent", "unconfirmed", "costKind", "priceMatch", "priceId", "tags",
    ];

    private readonly TextWriter _writer;
    private readonly CsvWriter? _csv;

    public AttemptExport(TextWriter writer, bool isJson)
    {
        _writer = writer;
        if (isJson)
        {
            return;
        }

        _csv = new CsvWriter(writer, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (string column in Columns)
        {
            _csv.WriteField(column);
        }

        _csv.NextRecord();
    }

    public void Add(BookedAttempt attempt)
    {
        object?[] values = Values(attempt);
        if (_csv is null)
        {
            _writer.WriteLine(JsonSerializer.Serialize(Columns.Zip(values).Where(pair => pair.Second is not null).ToDictionary(pair => pair.First, pair => pair.Second)));
            return;
        }

        foreach (object? value in values)
        {
            _csv.WriteField(value is IReadOnlyDictionary<string, string> tags ? JsonSerializer.Serialize(tags) : Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        _csv.NextRecord();
    }

    public void Dispose() => _csv?.Dispose();

    private static object?[] Values(BookedAttempt attempt)
    {
        SpendRecord record = attempt.Record;
        LedgerCallInfo call = record.Call!;
        BillableUsage usage = record.Usage;
        return
        [
            Time(call.At), record.SettledAt is { } settled ? Time(settled) : null, record.Id!.Value.CallId.ToString("D"), record.Id.Value.Attempt, record.State, record.Outcome, call.Provider, call.ModelId,
            record.ResponseModelId, call.Route, call.RunId, usage.ServiceTier, usage.InputTokens, usage.CachedInputTokens,
            usage.CacheWriteTokens + usage.CacheWriteOneHourTokens + usage.CacheWriteTwelveHoursTokens, usage.OutputTokens, usage.ReasoningTokens,
            attempt.Spent, attempt.IsUnconfirmed ? attempt.Spent : 0m, record.CostKind.ToString(), record.PriceMatch.ToString(), record.PriceId, call.Tags is { Count: > 0 } tags ? tags : null,
        ];
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
