using System.Text.Json;

namespace MeaiBudget;

/// <summary>A record in the form in which the table <c>history</c> of SQLite and PostgreSQL stores it.</summary>
internal sealed record HistoryRow
{
    /// <summary>How many refusals a store keeps at most.</summary>
    public const int MostRefusals = 1_000_000;

    public required LedgerReservationId Id { get; init; }

    public required int State { get; init; }

    public required long At { get; init; }

    public required string Call { get; init; }

    public string? Settlement { get; init; }

    public string? Refusal { get; init; }

    public long Refused { get; init; }

    public required IReadOnlyList<KeyValuePair<string, long>> Accounts { get; init; }

    /// <exception cref="ArgumentException">The record has no id, or its state does not exist.</exception>
    public static HistoryRow Of(SpendRecord record)
    {
        (LedgerReservationId id, LedgerCallInfo call, int state) = HistoryFacts.Of(record, SpendHistorySql.States);
        return new HistoryRow
        {
            Id = id,
            State = state,
            At = call.At.UtcTicks,
            Call = JsonSerializer.Serialize(call, LedgerRecordJson.Default.LedgerCallInfo),
            Settlement = record.SettledAt is not { } at ? null : JsonSerializer.Serialize(
                new LedgerRecordedSettlement
                {
                    At = at,
                    ResponseModelId = record.ResponseModelId,
                    Usage = record.Usage,
                    CostNanoDollars = HistoryFacts.NanoDollars(record.Spent),
                    CostKind = record.CostKind,
                    PriceMatch = record.PriceMatch,
                    CostFlags = record.CostFlags,
                    Outcome = record.Outcome,
                    PriceId = record.PriceId,
                },
                LedgerRecordJson.Default.LedgerRecordedSettlement),
            Refusal = record.Refusal is null ? null : JsonSerializer.Serialize(record.Refusal, LedgerRefusalJson.Default.SpendRefusal),
            Refused = record.Refused,
            Accounts = record.Accounts ?? [],
        };
    }
}
