namespace MeaiBudget;

/// <summary>The name of a ledger account: budget, unit and partition key, escaped so that the name is unique.</summary>
/// <param name="Budget">The budget's name.</param>
/// <param name="Unit">The unit of the amounts.</param>
/// <param name="IsShadow">True for the account of an observing budget that counts what an enforcing budget would have admitted.</param>
/// <param name="Key">The partition key.</param>
internal readonly record struct AccountName(string Budget, BudgetUnit Unit, bool IsShadow, string Key)
{
    private static readonly string[] Units = ["usd", "tokens", "requests", "unpriced-tokens"];
    private const string Shadow = "-shadow";

    /// <summary>Returns the part of the name before the key.</summary>
    public static string Prefix(string escapedBudget, BudgetUnit unit, bool isShadow) =>
        $"{escapedBudget}/{Units[(int)unit]}{(isShadow ? Shadow : "")}/";

    /// <summary>Escapes a name for use before a slash.</summary>
    public static string Escape(string value) => value.AsSpan().ContainsAny('%', '/', '@')
        ? value.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal).Replace("@", "%40", StringComparison.Ordinal)
        : value;

    /// <summary>Parses the name of an account.</summary>
    public static bool TryParse(string account, out AccountName name)
    {
        name = default;
        int first = account.IndexOf('/', StringComparison.Ordinal);
        int second = first < 0 ? -1 : account.IndexOf('/', first + 1);
        if (second < 0)
        {
            return false;
        }

        ReadOnlySpan<char> unit = account.AsSpan(first + 1, second - first - 1);
        bool isShadow = unit.EndsWith(Shadow, StringComparison.Ordinal);
        int index = Array.IndexOf(Units, (isShadow ? unit[..^Shadow.Length] : unit).ToString());
        if (index < 0)
        {
            return false;
        }

        name = new AccountName(Unescape(account[..first]), (BudgetUnit)index, isShadow, account[(second + 1)..]);
        return true;
    }

    /// <summary>Reverses <see cref="Escape"/>.</summary>
    public static string Unescape(string value) => value.Replace("%40", "@", StringComparison.Ordinal)
        .Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
