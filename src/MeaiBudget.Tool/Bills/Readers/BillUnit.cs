using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Reads units such as <c>1K tokens</c>, <c>1M</c> and <c>1000000 Tokens</c>.</summary>
internal static class BillUnit
{
    /// <summary>Returns how many tokens one unit is; the default if the unit is empty, zero if it is no unit of tokens.</summary>
    public static decimal TokensOf(string unit, decimal other)
    {
        if (unit.Length == 0)
        {
            return other;
        }

        int digits = 0;
        while (digits < unit.Length && (char.IsAsciiDigit(unit[digits]) || unit[digits] is '.' or ','))
        {
            digits++;
        }

        decimal number = digits == 0 ? 1m : decimal.TryParse(unit[..digits], NumberStyles.Number, CultureInfo.InvariantCulture, out decimal parsed) ? parsed : 0m;
        string rest = unit[digits..].Trim();
        bool isLarge = rest.Length > 0 && (rest.Length == 1 || rest[1] is ' ' or '/');
        return rest.Length == 0 || rest.StartsWith("token", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("count", StringComparison.OrdinalIgnoreCase) ? number
            : isLarge && rest[0] is 'K' or 'k' ? number * 1_000m
            : isLarge && rest[0] is 'M' or 'm' ? number * 1_000_000m
            : 0m;
    }
}
