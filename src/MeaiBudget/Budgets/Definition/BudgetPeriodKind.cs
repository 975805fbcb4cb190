namespace MeaiBudget;

/// <summary>The kind of a <see cref="BudgetPeriod"/>.</summary>
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

    /// <summary>A rolling period, for example the last 24 hours.</summary>
    Rolling,

    /// <summary>One run; see <see cref="BudgetRun"/>.</summary>
    Run,
}
