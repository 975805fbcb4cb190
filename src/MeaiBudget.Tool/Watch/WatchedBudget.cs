using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>The state of a budget for one key, in one unit.</summary>
/// <param name="Budget">The budget's name.</param>
/// <param name="Key">The partition key; empty for none.</param>
/// <param name="Unit">Dollars, tokens or requests. Amounts of dollars are nano-dollars.</param>
/// <param name="Spent">The charges of the period.</param>
/// <param name="Held">The amount of open reservations.</param>
/// <param name="Limit">The limit with grants; null if it is not known or there is none.</param>
/// <param name="IsStopped">True if an operator stopped the budget or the key.</param>
/// <param name="Period">What the amounts are of: today, or a date.</param>
/// <param name="ResetsAt">When the period ends; null if that is not known, and for rolling budgets and runs.</param>
internal sealed record WatchedBudget(
    string Budget, string Key, BudgetUnit Unit, long Spent, long Held, long? Limit, bool IsStopped, string Period, DateTimeOffset? ResetsAt)
{
    private const decimal AlmostAll = 0.8m;

    /// <summary>The share of the limit that is spent or held; null without a limit.</summary>
    public decimal? Share => Limit switch
    {
        null => null,
        0 => 1m,
        { } limit => ((decimal)Spent + Held) / limit,
    };

    /// <summary>The order in which budgets need attention, the first needs it most.</summary>
    public (int Rank, decimal Share, decimal Spent) Urgency => (IsStopped ? 0 : Share is null ? 2 : 1, -(Share ?? 0m), -(decimal)Spent - Held);

    /// <summary>One word for the state.</summary>
    public string State => IsStopped ? "stopped" : Share is null ? "no limit" : Share >= 1m ? "spent" : Share >= AlmostAll ? "low" : "ok";

    /// <summary>The name with the key, and with the unit if that is not dollars.</summary>
    public string Name => WrittenText.Printable(Key.Length == 0 ? Budget : $"{Budget} {Key}") + (Unit == BudgetUnit.Dollars ? "" : $" ({Unit.ToString().ToLowerInvariant()})");

    /// <summary>The used share of the limit, in per cent; empty without a limit.</summary>
    public string Used => Share is { } share ? string.Create(CultureInfo.InvariantCulture, $"{Math.Min(share, 99.99m) * 100m:0}%") : "";

    /// <summary>Writes an amount in the budget's unit, dollars with two digits, or four below a dollar.</summary>
    public string Amount(long? amount) => amount is not { } known ? ""
        : Unit != BudgetUnit.Dollars ? known.ToString("N0", CultureInfo.InvariantCulture)
        : known is 0 or >= 1_000_000_000 ? string.Create(CultureInfo.InvariantCulture, $"${known / 1_000_000_000m:N2}")
        : string.Create(CultureInfo.InvariantCulture, $"${known / 1_000_000_000m:0.00##}");

    /// <summary>The time until the reset, in the two largest units.</summary>
    public string ResetsIn(DateTimeOffset now)
    {
        if (ResetsAt is not { } end)
        {
            return "";
        }

        TimeSpan left = end > now ? end - now : TimeSpan.Zero;
        return left.TotalDays >= 1 ? $"{left.Days}d {left.Hours}h" : left.TotalHours >= 1 ? $"{left.Hours}h {left.Minutes}m" : $"{left.Minutes}m {left.Seconds}s";
    }
}
