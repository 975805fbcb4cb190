using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Finds the likely reasons of a difference, from what the ledger knows of the attempts and from the other rows.</summary>
internal static class ReconcileReasons
{
    public static ReconciledRow Explain(ReconciledRow row, IReadOnlyList<ReconciledRow> all, ReconcileTolerance tolerance)
    {
        if (row.Difference is not { } difference)
        {
            return OfTokensOnly(row);
        }

        bool differs = !tolerance.Allows(difference, row.BilledAmount ?? 0m);
        if (difference == 0m || !differs)
        {
            return row with { Verdict = difference == 0m ? "agrees" : "rounding", Reasons = row.AreTokensEqual == false && row.Billed is not null ? [Tokens(row)] : [] };
        }

        List<string> reasons = [];
        string verdict = Reasons(row, difference, reasons, tolerance);
        if (all.FirstOrDefault(other => IsNeighbour(row, other) && other.Difference is { } opposite && tolerance.Allows(opposite + difference, row.BilledAmount ?? 0m)) is { } neighbour)
        {
            reasons.Insert(0, string.Create(CultureInfo.InvariantCulture, $"day border: {neighbour.Key.Day:yyyy-MM-dd} has the opposite difference, so calls were booked on another day"));
        }

        if (row.Billed is { Discount: not 0m } discounted)
        {
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"discounts: the bill is {discounted.Discount:0.######} USD below its own list prices"));
        }

        if (row.IsProvisional)
        {
            reasons.Add("not final: providers revise a day for about 48 hours after its end");
        }

        return row with { Differs = true, Verdict = verdict, Reasons = reasons };
    }

    private static ReconciledRow OfTokensOnly(ReconciledRow row)
    {
        // Requests that failed and a day's border make small differences of tokens usual.
        return row.AreTokensEqual != false
            ? row
            : row with { Differs = true, Verdict = "tokens", Reasons = [Tokens(row), "the bill states tokens and no amounts"] };
    }

    private static string Reasons(ReconciledRow row, decimal difference, List<string> reasons, ReconcileTolerance tolerance)
    {
        if (row.Booked is not { } booked || booked is { Attempts: 0, Failed: 0, Open: 0 })
        {
            reasons.Add(row.Key.Model.Length > 0
                ? "the ledger has no such attempt: the key is used elsewhere, or calls went around the library"
                : $"no attempt of the ledger has '{row.Key.Item}': a fee or a line that names no model; --map can name one");
            return "only-billed";
        }

        if (booked is { Attempts: 0, Failed: > 0 })
        {
            reasons.Add($"{booked.Failed} attempts failed or were abandoned and cost nothing in the ledger; the provider may have billed them");
            return "only-billed";
        }

        if (row.Billed is null)
        {
            if (booked.Unconfirmed > 0m)
            {
                reasons.Add(Unconfirmed(booked));
            }

            reasons.Add("the bill has no such line: it is billed later, under another account or model, or was free");
            return booked.Unconfirmed == booked.Spent ? "unconfirmed" : "only-booked";
        }

        if (row.AreTokensEqual == true && booked.UnconfirmedAttempts == 0)
        {
            reasons.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"price: the tokens are equal, so the provider's price is {(booked.Spent == 0m ? "not known here" : $"{row.BilledAmount / booked.Spent:0.####} times the one charged")}"));
            return "price";
        }

        bool isUnconfirmed = (booked.UnconfirmedAttempts > 0 && booked.UnconfirmedAttempts == booked.Attempts) || (difference < 0m && booked.Unconfirmed > 0m && (-difference <= booked.Unconfirmed || tolerance.Allows(-difference - booked.Unconfirmed, row.BilledAmount ?? 0m)));
        if (booked.UnconfirmedAttempts > 0)
        {
            reasons.Add(Unconfirmed(booked));
        }

        if (row.AreTokensEqual == false)
        {
            reasons.Add(Tokens(row));
        }

        if (difference > 0m && booked.Failed > 0)
        {
            reasons.Add($"{booked.Failed} attempts failed or were abandoned and cost nothing in the ledger; the provider may have billed them");
        }

        if (row.Billed.Requests is { } requests && requests != booked.Attempts)
        {
            reasons.Add($"the bill counts {requests} requests, the ledger {booked.Attempts} charged attempts");
        }

        if (booked.Estimated > 0)
        {
            reasons.Add($"{booked.Estimated} attempts were charged by an estimate, because no usage was reported");
        }

        if (booked.Open > 0)
        {
            reasons.Add($"{booked.Open} attempts are not settled yet");
        }

        if (booked.Unpriced > 0)
        {
            reasons.Add($"{booked.Unpriced} attempts had no known price");
        }

        if (reasons.Count == 0)
        {
            reasons.Add("the bill states no tokens, so a price and missing calls cannot be told apart");
        }

        return isUnconfirmed ? "unconfirmed" : "tokens";
    }

    private static string Unconfirmed(BookedSum booked) => string.Create(
        CultureInfo.InvariantCulture, $"{booked.UnconfirmedAttempts} attempts ({booked.Unconfirmed:0.######} USD) were charged without the provider's word; the bill decides");

    private static string Tokens(ReconciledRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"tokens: the bill has {row.Billed?[BilledKind.Input] ?? 0:N0} input, {row.Billed?[BilledKind.CachedInput] ?? 0:N0} cached, {row.Billed?[BilledKind.CacheWrite] ?? 0:N0} written to a cache, {row.Billed?[BilledKind.Output] ?? 0:N0} output; the ledger {row.Booked?[BilledKind.Input] ?? 0:N0}, {row.Booked?[BilledKind.CachedInput] ?? 0:N0}, {row.Booked?[BilledKind.CacheWrite] ?? 0:N0}, {row.Booked?[BilledKind.Output] ?? 0:N0}");

    private static bool IsNeighbour(ReconciledRow row, ReconciledRow other) =>
        Math.Abs(row.Key.Day.DayNumber - other.Key.Day.DayNumber) == 1 && row.Key with { Day = other.Key.Day } == other.Key;
}
