using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Formats amounts of money. An unknown price is never printed as zero.</summary>
internal static class Dollars
{
    public static string Of(decimal? amount) => amount is { } known ? known.ToString("0.000000###", CultureInfo.InvariantCulture) : "unknown price";
}
