namespace MeaiBudget.Tool;

/// <summary>Finds budgets that no call matches: by the configuration, and by what a ledger has counted.</summary>
internal static class BudgetDiagnosis
{
    private const string Check = "budget ";

    public static void CheckSettings(AppConfiguration app, DoctorFindings findings)
    {
        MeaiBudgetOptions options = app.Options;
        if (options.Budgets.Count == 0)
        {
            findings.Warn("budgets", "There is no budget, so nothing is refused.", "Add one: \"Budgets\": { \"day\": { \"Limit\": 5 } }.");
        }

        bool isAllFree = options.Routes.Count > 0 && options.Routes.Values.All(app.Facts.IsLocal);
        foreach ((string name, BudgetSettings budget) in options.Budgets)
        {
            if (isAllFree && budget is { TokenLimit: null, RequestLimit: null })
            {
                findings.Warn(Check + name, "Every route is free, so no call counts against its dollars.", "Use \"TokenLimit\" or \"RequestLimit\".");
            }
            else if (budget.PartitionBy.Contains("class", StringComparer.OrdinalIgnoreCase) && options.Classes.Count == 0)
            {
                findings.Warn(Check + name, "It is divided by class, but there are no classes, so all calls share one limit.", "Add \"Classes\", or remove the partition.");
            }
            else if (budget is { Limit: 0m, Enforcement: Enforcement.Enforce })
            {
                findings.Warn(Check + name, "Its limit is 0, so it refuses every call that costs something.", "Raise the limit when calls may go on.");
            }
            else if (budget.Period == BudgetPeriodKind.Run)
            {
                findings.Ok(Check + name, "Counts calls inside of BudgetRun.Begin(...) only.");
            }
            else
            {
                string[] tags = [.. budget.PartitionBy.Where(text => text.StartsWith("tag:", StringComparison.OrdinalIgnoreCase)).Select(text => text[4..])];
                findings.Ok(Check + name, $"{(budget.Enforcement == Enforcement.Enforce ? "Enforces" : "Does not enforce")} its limits{(tags.Length == 0 ? "" : $" for each {string.Join(" and ", tags)}; calls without {(tags.Length == 1 ? "this tag" : "these tags")} {(budget.RequireTags ? "are refused" : "share one limit")}")}.");
            }
        }
    }

    /// <summary>Compares the budgets with the accounts of a ledger.</summary>
    public static void CheckLedger(IEnumerable<Budget> budgets, IReadOnlyList<string> accounts, DoctorFindings findings)
    {
        AccountName[] names = [.. accounts.Select(account => AccountName.TryParse(account, out AccountName name) ? name : default).Where(name => name.Budget is { Length: > 0 } && !name.Budget.StartsWith('@'))];
        if (names.Length == 0)
        {
            findings.Ok("ledger's budgets", "No call was counted yet.");
            return;
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (Budget budget in budgets)
        {
            known.Add(budget.Name);
            AccountName[] own = [.. names.Where(name => name.Budget == budget.Name)];
            if (own.Length == 0)
            {
                findings.Warn(Check + budget.Name, "The ledger has calls, but none that counts against this budget.", "If it is new, nothing is wrong. Otherwise check its name and period; a budget of runs needs BudgetRun.Begin(...).");
            }
            else if (budget.PartitionBy.Any(dimension => dimension.Tag is not null) && own.All(name => name.Key.Length == 0))
            {
                findings.Warn(Check + budget.Name, "No call in the ledger had the tag that divides this budget.", $"Set it in ChatOptions.AdditionalProperties[\"{budget.PartitionBy.First(dimension => dimension.Tag is not null).Tag}\"], or \"RequireTags\": true to refuse such calls.");
            }
        }

        string[] others = [.. names.Select(name => name.Budget).Distinct(StringComparer.Ordinal).Where(name => !known.Contains(name)).Order(StringComparer.Ordinal)];
        if (others.Length > 0)
        {
            const int Most = 5;
            string more = others.Length > Most ? $" and {others.Length - Most} more" : "";
            findings.Warn("ledger's budgets", $"The ledger also has {string.Join(", ", others.Take(Most).Select(name => $"'{name}'"))}{more}, which the settings do not have.", "A budget with a new name starts from zero. If you renamed one, its spend of this period is under the old name.");
        }
    }
}
