using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Formats numbers and names of a report.</summary>
internal static class ReportText
{
    public static string Dollars(long nanoDollars) => (nanoDollars / 1_000_000_000m).ToString("N4", CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Share(BudgetUse use) => use switch
    {
        { Limit: null } => "",
        { Share: { } share } => share.ToString("P1", CultureInfo.InvariantCulture),
        _ => "over",
    };

    public static string Limit(BudgetUse use) => use.Limit is { } limit ? Dollars(limit) : "";

    public static string Key(string key) => key.Length == 0 ? "(none)" : WrittenText.Printable(key);

    public static string Budget(BudgetUse use) => use.Budget == BudgetUse.Runs ? "(run)" : WrittenText.Printable(use.Budget);

    /// <summary>Returns notes about the accuracy of the sums; most reports have none.</summary>
    public static IEnumerable<string> Caveats(SpendSum total)
    {
        if (total.Unpriced > 0)
        {
            yield return $"{Number(total.Unpriced)} attempts had no known price. The sums do not include their cost.";
        }

        if (total.Unconfirmed > 0)
        {
            yield return $"{Dollars(total.Unconfirmed)} of the spend is unconfirmed: the provider did not report its usage.";
        }

        if (total.Open > 0)
        {
            yield return $"{Number(total.Open)} attempts are still open and have {Dollars(total.Held)} reserved.";
        }
    }
}
