using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>How much a bill and a ledger may differ: an amount, a share, or the larger of both.</summary>
/// <param name="Dollars">The amount in US dollars.</param>
/// <param name="Share">The share of the billed amount, from 0 to 1.</param>
internal readonly record struct ReconcileTolerance(decimal Dollars, decimal Share)
{
    /// <summary>Gets the default: a cent or a thousandth, because providers round.</summary>
    public static ReconcileTolerance Default { get; } = new(0.01m, 0.001m);

    /// <summary>Reads <c>0.05</c>, <c>0.5%</c> or <c>0.05,0.5%</c>.</summary>
    /// <exception cref="ArgumentException">The text is no tolerance.</exception>
    public static ReconcileTolerance Parse(string? text)
    {
        if (text is null)
        {
            return Default;
        }

        var tolerance = new ReconcileTolerance(0m, 0m);
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            bool isShare = part.EndsWith('%');
            if (!decimal.TryParse(isShare ? part[..^1] : part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                throw new ArgumentException($"--tolerance: '{part}' is neither an amount in US dollars nor a share. Use 0.05, 0.5% or both: 0.05,0.5%.");
            }

            tolerance = isShare ? tolerance with { Share = number / 100m } : tolerance with { Dollars = number };
        }

        return tolerance;
    }

    public bool Allows(decimal difference, decimal billed) => Math.Abs(difference) <= Math.Max(Dollars, Math.Abs(billed) * Share);
}
