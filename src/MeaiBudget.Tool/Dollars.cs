using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Prints amounts of money; an unknown price is never printed as zero.</summary>
internal static class Dollars
{
    public static string Of(decimal? amount) => amount is { } known ? known.ToString("0.000000###", CultureInfo.InvariantCulture) : "unknown price";
}
