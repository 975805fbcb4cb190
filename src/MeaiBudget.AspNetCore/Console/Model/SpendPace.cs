namespace MeaiBudget;

/// <summary>Computes when a budget is spent at a pace.</summary>
internal static class SpendPace
{
    /// <summary>Returns when a limit is spent at a pace; <see langword="null"/> if never, or not before the reset.</summary>
    public static DateTimeOffset? RunsOut(BudgetStatus status, decimal perHour, DateTimeOffset now, TimeSpan? rolling = null)
    {
        // In a rolling budget, spend becomes free again after its span. A pace that spends less than the limit in a span lasts forever.
        if (rolling is { } span && status.Remaining > 0m && perHour * (decimal)span.TotalHours <= status.Limit + status.Granted)
        {
            return null;
        }

        if (status.Remaining is not { } left || (perHour <= 0m && left > 0m))
        {
            return null;
        }

        decimal hours = left <= 0m ? 0m : left / perHour;
        if (hours > 24m * 3660m)
        {
            return null;
        }

        DateTimeOffset end = now + TimeSpan.FromHours((double)hours);
        return end < (status.ResetsAt ?? DateTimeOffset.MaxValue) ? end : null;
    }
}
