using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Writes a report as one JSON value. Amounts are US dollars.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.Default };

    public static string Write(SpendReport report) => JsonSerializer.Serialize(
        new
        {
            report.File,
            report.First,
            report.Last,
            Total = Sum(report.Total),
            Groups = report.Groups.Select(groups => new { groups.By, Rows = groups.Sums.Select(Sum) }),
            Budgets = report.Budgets.Select(use => new
            {
                use.Budget,
                use.Key,
                use.Period,
                use.FirstCall,
                use.LastCall,
                Spent = Dollars(use.Charged),
                Held = Dollars(use.Held),
                Overrun = Dollars(use.Overrun),
                Limit = use.Limit is { } limit ? Dollars(limit) : (decimal?)null,
                use.Share,
            }),
            Grants = report.Grants.Select(grant => new { grant.Grant.Account, Amount = Dollars(grant.Grant.Amount), grant.GrantedAt, grant.Grant.ExpiresAt, grant.Grant.Reason }),
            Adjustments = report.Adjustments.Select(adjustment => new { adjustment.Adjustment.Reservation.CallId, adjustment.Adjustment.Reservation.Attempt, adjustment.AdjustedAt, adjustment.Adjustment.Reason }),
        },
        Options);

    private static object Sum(SpendSum sum) => new
    {
        sum.Key,
        sum.Attempts,
        sum.Released,
        sum.Open,
        sum.InputTokens,
        sum.CachedInputTokens,
        sum.OutputTokens,
        Spent = Dollars(sum.Spent),
        Unconfirmed = Dollars(sum.Unconfirmed),
        Held = Dollars(sum.Held),
        sum.Unpriced,
    };

    private static decimal Dollars(long nanoDollars) => nanoDollars / 1_000_000_000m;
}
