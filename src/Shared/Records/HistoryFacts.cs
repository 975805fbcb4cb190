namespace MeaiBudget;

/// <summary>What a history reads from a record that it is to write.</summary>
internal static class HistoryFacts
{
    private const decimal NanoDollarsInADollar = 1_000_000_000m;

    /// <summary>Returns the id, the description and the number of the state.</summary>
    /// <exception cref="ArgumentException">The record has no id, or its state does not exist.</exception>
    public static (LedgerReservationId Id, LedgerCallInfo Call, int State) Of(SpendRecord record, string[] states)
    {
        ArgumentNullException.ThrowIfNull(record);
        LedgerReservationId id = record.Id ?? throw new ArgumentException("A record of a sum cannot be written. Write records of single attempts, with their Id.");
        id.Validate();
        int state = Array.IndexOf(states, record.State);
        if (state < 0)
        {
            throw new ArgumentException($"The record of {id} has the state '{record.State}'. Use {string.Join(", ", states)}.");
        }

        return (id, record.Call ?? new LedgerCallInfo { At = record.First ?? record.SettledAt ?? DateTimeOffset.UnixEpoch }, state);
    }

    /// <summary>Returns the value of a group or filter that depends on nothing but the description of the attempt and its end.</summary>
    public static string Value(string name, LedgerCallInfo? call, LedgerSettlementInfo? settlement, SpendRefusal? refusal) => name switch
    {
        "model" => call?.ModelId ?? "",
        "provider" => call?.Provider ?? "",
        "route" => call?.Route ?? "",
        "class" => call?.ModelClass ?? "",
        "free" => call is { IsFree: true } ? "yes" : "",
        "run" => call?.RunId ?? "",
        "outcome" => settlement?.Outcome ?? (refusal is null ? "" : "refused"),
        "response" => settlement?.ResponseModelId ?? "",
        "tier" => settlement?.Usage.ServiceTier ?? "",
        "price" => settlement?.Cost.PriceId ?? "",
        "fallback" => call?.FallbackFrom is null ? "" : "yes",
        "from" => call?.FallbackFrom ?? "",
        "cause" => refusal?.Reason.ToString() ?? call?.FallbackReason ?? "",
        _ => name.StartsWith("tag:", StringComparison.Ordinal) ? call?.Tags?.GetValueOrDefault(name[4..]) ?? "" : "",
    };

    /// <summary>Returns an amount as nano-dollars, as far as they reach.</summary>
    public static long NanoDollars(decimal amount) =>
        amount >= long.MaxValue / NanoDollarsInADollar ? long.MaxValue : (long)decimal.Round(Math.Max(0, amount) * NanoDollarsInADollar);
}
