using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Checks that each route has a price, the age of the prices, and what the output limits reserve of the budgets.</summary>
internal static class PriceDiagnosis
{
    /// <summary>Providers change prices a few times a year; a catalog of this age has missed some.</summary>
    private const int OldCatalog = 90;

    /// <summary>With fewer calls at a time, calls without an output limit soon wait for each other.</summary>
    private const int FewCalls = 4;

    public static void Check(AppConfiguration app, TimeProvider clock, DoctorFindings findings)
    {
        PriceCatalog catalog;
        try
        {
            catalog = ConfiguredPrices.CatalogOf(app.Options);
        }
        catch (PriceCatalogException)
        {
            // The settings' check has reported the file.
            catalog = ConfiguredPrices.Over(PriceCatalog.Default, app.Options);
        }

        CheckAge(catalog, clock, findings);
        foreach ((string name, RouteSettings route) in app.Options.Routes)
        {
            PriceResolution[] prices = [.. app.Facts.ModelsThatAsk(name).DefaultIfEmpty(null).Select(model => app.Facts.PriceOf(route, model, catalog)).OfType<PriceResolution>()];
            if (prices.Length > 0)
            {
                CheckPrice(app, name, route, prices.FirstOrDefault(price => !price.IsKnown) ?? prices[0], findings);
            }
        }
    }

    private static void CheckAge(PriceCatalog catalog, TimeProvider clock, DoctorFindings findings)
    {
        if (catalog.Date is not { } date)
        {
            findings.Warn("price catalog", "The price file states no date.", "Add \"date\", so that its age is known.");
            return;
        }

        int age = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).DayNumber - date.DayNumber;
        string found = string.Create(CultureInfo.InvariantCulture, $"The prices are of {date:yyyy-MM-dd}, {age} days old.");
        if (age > OldCatalog)
        {
            findings.Warn("price catalog", found, "Run `meaibudget prices update`, or update the packages, and set \"PriceFile\" to the file.");
        }
        else
        {
            findings.Ok("price catalog", found);
        }
    }

    private static void CheckPrice(AppConfiguration app, string name, RouteSettings route, PriceResolution price, DoctorFindings findings)
    {
        string check = $"price of {name}";
        if (!price.IsKnown)
        {
            bool isRefused = app.Options.Budgets.Values.Any(budget => budget is { Enforcement: Enforcement.Enforce, Limit: not null }
                && budget.UnknownPrice.Equals(BudgetSettings.DenyUnknownPrice, StringComparison.OrdinalIgnoreCase));
            string found = price.Match == PriceMatch.Inferred
                ? $"The price of '{route.Model}' is only inferred from '{price.ModelId}'."
                : $"No price is known for '{route.Model}'.";
            string advice = $"Add the provider's US dollars per million tokens: \"Prices\": {{ \"{route.Model}\": {{ \"Input\": 0.00, \"Output\": 0.00 }} }}, or \"Local\": true to the route if it runs on a machine of your own.";
            if (isRefused)
            {
                findings.Fail(check, $"{found} Enforcing budgets refuse every call of the route.", advice);
            }
            else
            {
                findings.Warn(check, $"{found} Its calls are not counted in dollars.", advice);
            }

            return;
        }

        string[] warnings = PriceWarnings.Of(price);
        string shown = price.Match == PriceMatch.Free ? $"{route.Model} is free." : string.Create(CultureInfo.InvariantCulture, $"{route.Model}: {price.Price!.InputPerMillion:0.######} in and {price.Price.OutputPerMillion:0.######} out, in US dollars per million tokens.");
        if (warnings.Length > 0)
        {
            findings.Warn(check, shown, string.Join(' ', warnings));
        }
        else
        {
            findings.Ok(check, shown);
        }

        if (price.Match != PriceMatch.Free && price.Price is not null)
        {
            CheckOutput(app, name, route, price, findings);
        }
    }

    /// <summary>Compares what a call without an output limit reserves with the limits of the budgets.</summary>
    private static void CheckOutput(AppConfiguration app, string name, RouteSettings route, PriceResolution price, DoctorFindings findings)
    {
        string check = $"output of {name}";
        BudgetOptions admission = app.Options.Admission;
        bool isReasoning = price.Limits?.IsReasoning == true;
        long most = route.MaxOutputTokens ?? price.Limits?.MaxOutputTokens ?? long.MaxValue;
        long reserved = Math.Min(isReasoning ? admission.DefaultReasoningOutputTokens : admission.DefaultOutputTokens, most);
        long floor = Math.Min(isReasoning ? admission.ReasoningOutputFloor : admission.OutputFloor, most);
        (decimal worst, decimal least) = (CostOf(reserved), CostOf(floor));
        KeyValuePair<string, BudgetSettings>[] budgets =
            [.. app.Options.Budgets.Where(entry => entry.Value is { Enforcement: Enforcement.Enforce, Limit: > 0m }).OrderBy(entry => entry.Value.Limit)];
        string without = string.Create(CultureInfo.InvariantCulture, $"A call without MaxOutputTokens reserves {reserved:N0} output tokens, {worst:0.####} USD");
        if (budgets is not [(string budget, { Limit: { } limit }), ..])
        {
            findings.Ok(check, $"{without}.");
        }
        else if (least > limit)
        {
            findings.Fail(
                check, string.Create(CultureInfo.InvariantCulture, $"{floor:N0} output tokens, the lowest limit that budgets set, cost {least:0.####} USD: more than budget '{budget}' has ({limit} USD). It refuses every call."),
                $"Raise the budget, lower \"Admission\": {{ \"{(isReasoning ? nameof(admission.ReasoningOutputFloor) : nameof(admission.OutputFloor))}\" }}, or use a cheaper model.");
        }
        else if (worst > limit / FewCalls)
        {
            findings.Warn(
                check, string.Create(CultureInfo.InvariantCulture, $"{without}, of the {limit} USD of budget '{budget}': {(worst > limit ? "answers are cut shorter" : string.Create(CultureInfo.InvariantCulture, $"{ConfigurationDiagnosis.Count((int)(limit / worst), "such call")} at a time"))}."),
                "Set ChatOptions.MaxOutputTokens in calls, or \"MaxOutputTokens\" of the route, to what answers need.");
        }
        else
        {
            findings.Ok(check, string.Create(CultureInfo.InvariantCulture, $"{without}, of the {limit} USD of budget '{budget}'."));
        }

        decimal CostOf(long output) => price.CostOf(new BillableUsage { OutputTokens = output }).Amount;
    }
}
