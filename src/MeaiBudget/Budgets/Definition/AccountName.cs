namespace MeaiBudget;

/// <summary>The name of a ledger account: budget, unit and partition key, so that no two accounts share a name.</summary>
/// <param name="Budget">The budget's name.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="IsShadow">Whether it is the account of what enforcing would have done.</param>
/// <param name="Key">The partition key.</param>
internal readonly record struct AccountName(string Budget, BudgetUnit Unit, bool IsShadow, string Key)
{
    private static readonly string[] Units = ["usd", "tokens", "requests", "unpriced-tokens"];
    private const string Shadow = "-shadow";

    /// <summary>Everything before the key.</summary>
    public static string Prefix(string escapedBudget, BudgetUnit unit, bool isShadow) =>
        $"{escapedBudget}/{Units[(int)unit]}{(isShadow ? Shadow : "")}/";

    /// <summary>Makes a name safe to stand before a slash.</summary>
    public static string Escape(string value) => value.AsSpan().ContainsAny('%', '/', '@')
        ? value.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal).Replace("@", "%40", StringComparison.Ordinal)
        : value;

    /// <summary>Takes an account's name apart.</summary>
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

    private static string Unescape(string value) => value.Replace("%40", "@", StringComparison.Ordinal)
        .Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
