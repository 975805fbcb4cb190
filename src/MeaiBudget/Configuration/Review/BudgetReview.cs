using System.Globalization;

namespace MeaiBudget;

/// <summary>Checks the budgets: limits, time zones, spans, partitions, prices.</summary>
internal static class BudgetReview
{
    /// <summary>Above these, a limit was more likely written in tokens or cents than in dollars, unless <see cref="BudgetSettings.AllowLargeLimit"/> is set.</summary>
    private const decimal LargeForShortPeriod = 100_000m;
    private const decimal LargeForLongPeriod = 1_000_000m;

    /// <param name="review">The review.</param>
    /// <param name="isRunning">
    /// True if the application runs. A limit that another budget's lower limit makes useless is then no mistake: lowering a limit is how
    /// an operator stops spend in an emergency, and must not be refused because of another budget.
    /// </param>
    public static void Check(ConfigurationReview review, bool isRunning)
    {
        foreach ((string name, BudgetSettings budget) in review.Options.Budgets)
        {
            CheckLimits(review, name, budget);
            CheckPeriod(review, name, budget);
            CheckPartition(review, name, budget);
            CheckUnknownPrice(review, name, budget);
        }

        if (!isRunning)
        {
            CheckAgainstEachOther(review);
        }
    }

    private static void CheckLimits(ConfigurationReview review, string name, BudgetSettings budget)
    {
        string path = $"Budgets:{name}:Limit";
        if (budget.Limit is { } limit)
        {
            decimal large = LengthOf(budget) is { } length && length > TimeSpan.FromDays(6) ? LargeForLongPeriod : LargeForShortPeriod;
            if (limit > large && !budget.AllowLargeLimit)
            {
                review.Report(path, string.Create(CultureInfo.InvariantCulture,
                    $"a limit of {limit} US dollars {PerPeriod(budget)} is unusually high. For tokens write \"TokenLimit\": {limit:0.##}; if you mean US dollars, add \"AllowLargeLimit\": true."));
            }
        }
        else if (budget.TokenLimit is null && budget.RequestLimit is null && budget.Enforcement == Enforcement.Enforce
            && !review.IsUnreadable($"Budgets:{name}:TokenLimit") && !review.IsUnreadable($"Budgets:{name}:RequestLimit"))
        {
            review.Report(path, "the budget has no limit to enforce. Write \"Limit\" in US dollars, \"TokenLimit\" or \"RequestLimit\", or set \"Enforcement\": \"Warn\" for a budget that refuses nothing.");
        }
    }

    private static void CheckPeriod(ConfigurationReview review, string name, BudgetSettings budget)
    {
        if (budget.Period == BudgetPeriodKind.Rolling != budget.Span is not null)
        {
            review.Report($"Budgets:{name}:Span", budget.Span is null
                ? "a rolling budget needs a span. Write days.hours:minutes:seconds, for example \"1.00:00:00\" for 24 hours."
                : "only a rolling budget has a span. Remove it, or write \"Period\": \"Rolling\".");
        }
        else if (budget.Span is { } span && (span < TimeSpan.FromSeconds(1) || span > TimeSpan.FromDays(3660)))
        {
            review.Report($"Budgets:{name}:Span", $"'{span:c}' is out of range. Write a span from 00:00:01 to 3660.00:00:00.");
        }

        if (budget.TimeZone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            string? nearest = NearestName.Of(zone, TimeZoneInfo.GetSystemTimeZones().Select(known => known.Id));
            review.Report($"Budgets:{name}:TimeZone", $"there is no time zone '{zone}'. {(nearest is null ? "Write a name such as 'Europe/Berlin', 'America/New_York' or 'UTC'." : $"Did you mean '{nearest}'?")}");
        }
    }

    private static void CheckPartition(ConfigurationReview review, string name, BudgetSettings budget)
    {
        for (int i = 0; i < budget.PartitionBy.Count; i++)
        {
            if (!BudgetDimension.TryParse(budget.PartitionBy[i], out _))
            {
                review.Report($"Budgets:{name}:PartitionBy:{i}",
                    $"unknown partition '{SecretRedactor.Default.Redact(budget.PartitionBy[i])}'. {BudgetSettings.KnownPartitions}");
            }
        }
    }

    private static void CheckUnknownPrice(ConfigurationReview review, string name, BudgetSettings budget)
    {
        bool assumes = budget.UnknownPrice.Equals("AssumePrice", StringComparison.OrdinalIgnoreCase);
        if (assumes && budget.AssumedPrice is null)
        {
            review.Report($"Budgets:{name}:AssumedPrice", "\"UnknownPrice\": \"AssumePrice\" needs a price. Write \"AssumedPrice\": { \"Input\": 0.00, \"Output\": 0.00 }, in US dollars per million tokens.");
        }
        else if (!assumes && budget.AssumedPrice is not null)
        {
            review.Report($"Budgets:{name}:AssumedPrice", $"the price is not used, because \"UnknownPrice\" is \"{budget.UnknownPrice}\". Write \"UnknownPrice\": \"AssumePrice\", or remove \"AssumedPrice\".");
        }
        else if (assumes)
        {
            PriceReview.CheckPrice(review, $"Budgets:{name}:AssumedPrice", budget.AssumedPrice!);
        }
    }

    /// <summary>Finds limits that never apply, because another budget always reaches its limit first.</summary>
    private static void CheckAgainstEachOther(ConfigurationReview review)
    {
        KeyValuePair<string, BudgetSettings>[] enforcing =
            [.. review.Options.Budgets.Where(entry => entry.Value is { Enforcement: Enforcement.Enforce, Limit: not null })];
        foreach ((string name, BudgetSettings shorter) in enforcing)
        {
            foreach ((string otherName, BudgetSettings longer) in enforcing)
            {
                // A limit of zero is a stop, also when the application is started again.
                if (longer.Limit > 0m && IsWithin(shorter, longer) && shorter.Limit > longer.Limit)
                {
                    review.Report($"Budgets:{name}:Limit", string.Create(CultureInfo.InvariantCulture,
                        $"a limit of {shorter.Limit} US dollars {PerPeriod(shorter)} has no effect, because budget '{otherName}' allows only {longer.Limit} US dollars {PerPeriod(longer)}. Lower it, or remove the budget."));
                    break;
                }
            }
        }
    }

    /// <summary>True if everything that counts in one period of the first budget also counts in one period of the second.</summary>
    private static bool IsWithin(BudgetSettings shorter, BudgetSettings longer)
    {
        if (longer.PartitionBy.Any(dimension => !shorter.PartitionBy.Contains(dimension, StringComparer.OrdinalIgnoreCase)) || longer.Period == BudgetPeriodKind.Run)
        {
            return false;
        }

        // A run may last over midnight and spend in two days. Still, its limit should fit into one period of the other budget.
        return shorter.Period == BudgetPeriodKind.Run || LengthOf(shorter) < LengthOf(longer);
    }

    private static TimeSpan? LengthOf(BudgetSettings budget) => budget.Period switch
    {
        BudgetPeriodKind.Hour => TimeSpan.FromHours(1),
        BudgetPeriodKind.Day => TimeSpan.FromDays(1),
        BudgetPeriodKind.Week => TimeSpan.FromDays(7),
        BudgetPeriodKind.Month => TimeSpan.FromDays(31),
        BudgetPeriodKind.Rolling => budget.Span,
        _ => null,
    };

    private static string PerPeriod(BudgetSettings budget) => budget.Period switch
    {
        BudgetPeriodKind.Rolling => $"in {budget.Span:c}",
        BudgetPeriodKind.Hour => "an hour",
        _ => $"a {budget.Period.ToString().ToLowerInvariant()}",
    };
}
