using System.Globalization;

namespace MeaiBudget;

/// <summary>Checks the budgets: limits that somebody can mean, time zones, spans.</summary>
internal static class BudgetReview
{
    /// <summary>Beyond these a limit is more likely tokens, cents or nano-dollars than dollars; <see cref="BudgetSettings.AllowLargeLimit"/> says otherwise.</summary>
    private const decimal LargeForShortPeriod = 100_000m;
    private const decimal LargeForLongPeriod = 1_000_000m;

    public static void Check(ConfigurationReview review)
    {
        foreach ((string name, BudgetSettings budget) in review.Options.Budgets)
        {
            CheckLimits(review, name, budget);
            CheckPeriod(review, name, budget);
            CheckPartition(review, name, budget);
            CheckUnknownPrice(review, name, budget);
        }

        CheckAgainstEachOther(review);
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
                    $"{limit} US dollars {PerPeriod(budget)} can hardly be meant. A limit is in whole dollars: for tokens write \"TokenLimit\": {limit:0.##}; if the money is meant, add \"AllowLargeLimit\": true."));
            }
        }
        else if (budget.TokenLimit is null && budget.RequestLimit is null && budget.Enforcement == Enforcement.Enforce
            && !review.IsUnreadable($"Budgets:{name}:TokenLimit") && !review.IsUnreadable($"Budgets:{name}:RequestLimit"))
        {
            review.Report(path, "the budget enforces and has no limit. Write \"Limit\" in US dollars, \"TokenLimit\" or \"RequestLimit\", or \"Enforcement\": \"Warn\" for one that only counts.");
        }
    }

    private static void CheckPeriod(ConfigurationReview review, string name, BudgetSettings budget)
    {
        if (budget.Period == BudgetPeriodKind.Rolling != budget.Span is not null)
        {
            review.Report($"Budgets:{name}:Span", budget.Span is null
                ? "a rolling budget needs a span, for example \"24:00:00\" written as \"1.00:00:00\"."
                : $"only a rolling budget has a span. Take it out, or write \"Period\": \"Rolling\".");
        }
        else if (budget.Span is { } span && (span < TimeSpan.FromSeconds(1) || span > TimeSpan.FromDays(3660)))
        {
            review.Report($"Budgets:{name}:Span", "a rolling budget looks back from one second to ten years.");
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
                    $"'{SecretRedactor.Default.Redact(budget.PartitionBy[i])}' is nothing that a budget can be divided by. Write model, provider, route, class, or tag:NAME.");
            }
        }
    }

    private static void CheckUnknownPrice(ConfigurationReview review, string name, BudgetSettings budget)
    {
        bool assumes = budget.UnknownPrice.Equals("AssumePrice", StringComparison.OrdinalIgnoreCase);
        if (assumes && budget.AssumedPrice is null)
        {
            review.Report($"Budgets:{name}:AssumedPrice", "AssumePrice needs a price: \"AssumedPrice\": { \"Input\": 0.00, \"Output\": 0.00 } in US dollars per million tokens.");
        }
        else if (!assumes && budget.AssumedPrice is not null)
        {
            review.Report($"Budgets:{name}:AssumedPrice", "the price is not used. Add \"UnknownPrice\": \"AssumePrice\", or take it out.");
        }
        else if (assumes)
        {
            PriceReview.CheckPrice(review, $"Budgets:{name}:AssumedPrice", budget.AssumedPrice!);
        }
    }

    /// <summary>A limit that another one always reaches first was meant differently.</summary>
    private static void CheckAgainstEachOther(ConfigurationReview review)
    {
        KeyValuePair<string, BudgetSettings>[] enforcing =
            [.. review.Options.Budgets.Where(entry => entry.Value is { Enforcement: Enforcement.Enforce, Limit: not null })];
        foreach ((string name, BudgetSettings shorter) in enforcing)
        {
            foreach ((string otherName, BudgetSettings longer) in enforcing)
            {
                if (IsWithin(shorter, longer) && shorter.Limit > longer.Limit)
                {
                    review.Report($"Budgets:{name}:Limit", string.Create(CultureInfo.InvariantCulture,
                        $"{shorter.Limit} US dollars {PerPeriod(shorter)} is more than the {longer.Limit} {PerPeriod(longer)} that the budget '{otherName}' allows, so it never refuses anything. Lower it, or take it out."));
                    break;
                }
            }
        }
    }

    /// <summary>Whether everything that counts in one period of the first counts in one period of the second too.</summary>
    private static bool IsWithin(BudgetSettings shorter, BudgetSettings longer)
    {
        if (longer.PartitionBy.Any(dimension => !shorter.PartitionBy.Contains(dimension, StringComparer.OrdinalIgnoreCase)) || longer.Period == BudgetPeriodKind.Run)
        {
            return false;
        }

        // A run that goes on over midnight may spend in two days; still, no day can hold what it was given for one job.
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
        _ => $"a {budget.Period.ToString().ToLowerInvariant()}",
    };
}
