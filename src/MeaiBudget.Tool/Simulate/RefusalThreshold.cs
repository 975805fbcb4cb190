using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>The accepted number of refused calls: a share of the calls, or a number.</summary>
internal readonly record struct RefusalThreshold(decimal Value, bool IsShare)
{
    /// <exception cref="ArgumentException">The text is not a share such as 0.5% and not a number.</exception>
    public static RefusalThreshold Parse(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        bool isShare = digits.EndsWith("%", StringComparison.Ordinal);
        digits = isShare ? digits[..^1].TrimEnd() : digits;
        bool isKnown = decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value);
        if (!isKnown || (isShare ? value > 100m : decimal.Truncate(value) != value))
        {
            throw new ArgumentException($"--fail-if-refused: '{text}' is not valid. Use a share of the calls, such as 0.5%, or a number of calls, such as 10.");
        }

        return new RefusalThreshold(isShare ? value / 100m : value, isShare);
    }

    public bool IsPassed(SimulationResult result) => IsShare ? result.RefusedShare > Value : result.Refused > Value;
}
