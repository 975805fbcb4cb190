namespace MeaiBudget;

/// <summary>What a budget's limit is counted over.</summary>
public enum BudgetPeriodKind
{
    /// <summary>A clock hour.</summary>
    Hour,

    /// <summary>A calendar day: local midnight to local midnight.</summary>
    Day,

    /// <summary>A calendar week.</summary>
    Week,

    /// <summary>A calendar month.</summary>
    Month,

    /// <summary>The last so-and-so long, at any moment.</summary>
    Rolling,

    /// <summary>One run; see <see cref="BudgetRun"/>.</summary>
    Run,
}
