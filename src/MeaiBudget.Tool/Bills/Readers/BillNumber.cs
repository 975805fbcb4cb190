using System.Globalization;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Reads the numbers of bills from their text, never through floating point.</summary>
internal static partial class BillNumber
{
    /// <summary>Reads a number with a decimal point, an exponent, groups of thousands, a dollar sign, or parentheses for a negative amount.</summary>
    public static bool TryParse(string text, out decimal number)
    {
        string plain = text.Trim().Replace('\u2212', '-');
        bool isTaken = plain.Length > 2 && plain[0] == '(' && plain[^1] == ')';
        plain = isTaken ? plain[1..^1].Trim() : plain;
        Match sign = Sign().Match(plain);
        plain = plain[sign.Length..];
        if ((isTaken && sign.Value.Contains('-', StringComparison.Ordinal))
            || (!decimal.TryParse(plain, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number)
                && !(Grouped().IsMatch(plain) && decimal.TryParse(plain, NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out number))))
        {
            number = 0m;
            return false;
        }

        number = isTaken || sign.Value.Contains('-', StringComparison.Ordinal) ? -number : number;
        return true;
    }

    // "1,234.56" and "1,234,567" are amounts in groups of thousands; "1,234" could be a decimal comma.
    [GeneratedRegex(@"^\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})$", RegexOptions.CultureInvariant)]
    private static partial Regex Grouped();

    [GeneratedRegex(@"^([-+]\s*\$?|\$\s*[-+]?)?\s*", RegexOptions.CultureInvariant)]
    private static partial Regex Sign();
}
