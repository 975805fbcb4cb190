namespace MeaiBudget;

/// <summary>The rules for the settings of a ledger, which all ledgers share.</summary>
internal static class LedgerSettingRules
{
    /// <summary>The most settings that a ledger stores: reading all of them is one small operation.</summary>
    public const int MostSettings = 10_000;

    private const int LongestName = 1_000;
    private const int LongestValue = 1_000;

    /// <exception cref="ArgumentException">The name is empty or too long, or the value is too long.</exception>
    public static void Check(string name, string? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > LongestName)
        {
            throw new ArgumentException($"The name of a setting has {name.Length} characters; {LongestName} are allowed.", nameof(name));
        }

        if (value?.Length > LongestValue)
        {
            throw new ArgumentException($"The value of setting '{name}' has {value.Length} characters; {LongestValue} are allowed.", nameof(value));
        }
    }

    /// <exception cref="ArgumentException">The ledger has as many settings as it stores.</exception>
    public static void CheckCount(long count, string name)
    {
        if (count >= MostSettings)
        {
            throw new ArgumentException($"The ledger has {count:N0} settings and stores no more. Remove some before you add '{name}'.", nameof(name));
        }
    }
}
