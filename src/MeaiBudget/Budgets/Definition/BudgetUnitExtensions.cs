namespace MeaiBudget;

/// <summary>Converts units for display.</summary>
internal static class BudgetUnitExtensions
{
    /// <summary>Returns the name in refusals, events and messages.</summary>
    public static string Name(this BudgetUnit unit) => unit switch
    {
        BudgetUnit.Dollars => "USD",
        BudgetUnit.Requests => "requests",
        _ => "tokens",
    };

    /// <summary>Returns the number of ledger units in one displayed unit. Dollars are stored as nano-dollars.</summary>
    public static decimal Scale(this BudgetUnit unit) => unit == BudgetUnit.Dollars ? 1_000_000_000m : 1m;
}
