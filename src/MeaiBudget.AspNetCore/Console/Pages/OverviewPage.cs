using System.Globalization;

namespace MeaiBudget;

/// <summary>The first page: what was spent, by whom, what runs out, what went wrong.</summary>
internal static class OverviewPage
{
    private static readonly string[] Groups = ["model", "provider", "route", "budget"];

    public static async Task<ConsolePage> RenderAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        ConsoleRange range = data.Range(request.Get("range"));
        IReadOnlyList<ConsoleBudget> budgets = await data.BudgetsAsync(cancellationToken);
        IReadOnlyList<string> tags = await data.Calls.TagNamesAsync(cancellationToken);
        string[] groups = [.. Groups.Where(group => group != "budget" || data.HasAccounts), .. tags.Select(tag => "tag:" + tag)];
        string by = request.Get("by") is { } asked && groups.Contains(asked) ? asked : "model";
        ConsoleSpend spend = await data.SpendAsync(range, by, cancellationToken);
        IReadOnlyList<ConsoleSpender> spenders = await data.SpendersAsync(range, cancellationToken);

        // Without a refusal in the sums there is no need to look for one in all calls.
        IReadOnlyList<ConsoleCall> refused = spend.Total.Refused == 0 && data.Calls.HasCalls
            ? []
            : (await data.Calls.ListAsync(new ConsoleCallFilter { Show = "refused", From = range.From, To = range.To }, cancellationToken)).Calls;

        IReadOnlyList<ConsoleRefused> most = await data.RefusedMostAsync(range, cancellationToken);
        IReadOnlyList<ConsoleLimit> limits = await data.LimitsOrNoneAsync(cancellationToken);
        (ConsoleRange Range, string Label)? before = ConsoleFacts.Has(by) ? range.Before(data.Zone) : null;
        Dictionary<string, decimal>? averages = before is null ? null : (await data.FactsAsync(before.Value.Range, cancellationToken)).By(by)
            .Where(record => AverageOf(record) is not null).ToDictionary(record => record.Group[0], record => AverageOf(record)!.Value, StringComparer.Ordinal);
        string total = ConsoleText.Money(spend.Total.Spent);
        return new ConsolePage("Overview", "", [
            new PageBlock("problems", await ProblemsAsync(request, data, budgets, cancellationToken)),
            new PageBlock("tiles", await TilesAsync(request, data, range, budgets, cancellationToken)),
            new PageBlock("choices", Html.Of($"""
                <div class="toolbar">{ConsoleParts.Choices("Time", ConsoleRange.Names.Select(name => (ConsoleRange.LabelOf(name), request.With("range", name), name == range.Name)))}
                {ConsoleParts.Choices("By", groups.Select(name => (name.StartsWith("tag:", StringComparison.Ordinal) ? name[4..] : name, request.With("by", name), name == by)))}</div>
                """)),
            new PageBlock("spend", Html.Of($"<h2>{range.Label}: {total}</h2>{SpendChart.Draw(spend, data.Zone)}{(by == "budget" ? Html.Of($"<p class=\"hint\">A call counts in each of its budgets.</p>") : Html.Empty)}")),
            GroupTable(request, spend, range, before?.Label, averages),
            new PageBlock("budget-head", Html.Of($"<h2>Budgets by share of their limit</h2>")),
            BudgetTable(request, data, budgets, limits),
            new PageBlock("spender-head", Html.Of($"<h2>Who spends most {(!data.HasAccounts ? "in the period of the budget" : range.Name == "today" ? "today" : $"({range.Label})")}</h2>")),
            new PageBlock("find", FindForm(request, budgets)),
            SpenderTable(request, spenders, range),
            new PageBlock("most-head", Html.Of($"<h2>Who is refused most {(range.Name == "today" ? "today" : $"({range.Label})")}</h2>")),
            RefusedTable(request, data, most, range),
            new PageBlock("refused-head", Html.Of($"<h2>Last refusals</h2>")),
            CallsPage.Table(request, data, "refusals", [.. refused.Take(8)], "No call was refused in this time.") with { Csv = request.Url("api/calls", ("show", "refused"), ("range", range.Name), ("format", "csv")) }])
        {
            Csv = $"api/spend?range={range.Name}&by={Uri.EscapeDataString(by)}&format=csv",
        };
    }

    private static decimal? AverageOf(SpendRecord record) => record.Attempts - record.Released > 0 && record.Spent > 0m ? record.Spent / (record.Attempts - record.Released) : null;

    private static string AverageBefore(SpendRecord group, Dictionary<string, decimal> averages) => !averages.TryGetValue(group.Group[0], out decimal before) ? ConsoleText.None
        : AverageOf(group) is { } now ? $"{ConsoleText.Each(before)} ({ConsoleText.Change(before, now)})" : ConsoleText.Each(before);

    private static PageTable RefusedTable(ConsoleRequest request, ConsoleData data, IReadOnlyList<ConsoleRefused> refused, ConsoleRange range) => new(
        "refused-most",
        "Budgets and keys that were refused most",
        ConsoleParts.Head(("Key", false), ("Budget", false), ("Refused", true), ("", false)),
        [.. refused.Take(8).Select(one => new PageRow(ConsoleParts.RowId("rf", one.Budget, one.Key), Html.Of($"""
            <tr id="{ConsoleParts.RowId("rf", one.Budget, one.Key)}"><td class="long"><a href="{request.Url("calls", ("show", "refused"), ("range", range.Name), ("budget", one.Budget), ("key", one.Key))}"><bdi>{(one.Key.Length > 0 ? one.Key : "(all)")}</bdi></a></td><td class="long">{one.Budget}</td>{ConsoleParts.Number(ConsoleText.Count(one.Count))}<td>{(one.Tracker >= 0 ? ConsoleParts.Actions(request, one.Tracker, one.Budget, one.Key, false) : Html.Empty)}</td></tr>
            """)))],
        data.HasAccounts ? "No attempt was refused in this time." : "The history does not know which budget refused.")
    {
        Csv = request.Url("api/refused", ("range", range.Name), ("format", "csv")),
    };

    /// <summary>Writes a link to the calls of a group; the calls of a budget have the budget's filter.</summary>
    private static PageTable GroupTable(ConsoleRequest request, ConsoleSpend spend, ConsoleRange range, string? before, Dictionary<string, decimal>? averages) => new(
        "groups",
        $"Spend by {spend.By}",
        ConsoleParts.Head([(spend.By.StartsWith("tag:", StringComparison.Ordinal) ? spend.By[4..] : spend.By, false), ("Spent", true), ("Share", true), ("Attempts", true), ("Each", true), .. before is null ? Array.Empty<(string, bool)>() : [(before, true)], ("Refused", true), ("Tokens in", true), ("Tokens out", true), ("In doubt", true), ("No price", true)]),
        [.. spend.Groups.Take(20).Select((group, i) => new PageRow(ConsoleParts.RowId("g", group.Group[0]), Html.Of($"""
            <tr id="{ConsoleParts.RowId("g", group.Group[0])}"><td class="long"><svg class="dot" viewBox="0 0 10 10" aria-hidden="true"><rect class="{SpendChart.Colour(i, spend.Shown)}" width="10" height="10" rx="2"/></svg><a href="{request.Url("calls", ("range", range.Name), (spend.By, group.Group[0]))}">{SpendChart.NameOf(group)}</a></td>{ConsoleParts.Number(ConsoleText.Money(group.Spent))}{ConsoleParts.Number(ConsoleText.Share(spend.Total.Spent > 0m ? group.Spent / spend.Total.Spent : null))}{ConsoleParts.Number(ConsoleText.Count(group.Attempts))}{ConsoleParts.Number(ConsoleText.Each(AverageOf(group)))}{(averages is null ? Html.Empty : ConsoleParts.Number(AverageBefore(group, averages)))}{ConsoleParts.Number(ConsoleText.Count(group.Refused))}{ConsoleParts.Number(ConsoleText.Count(group.Usage.InputTokens))}{ConsoleParts.Number(ConsoleText.Count(group.Usage.OutputTokens))}{ConsoleParts.Number(group.Unconfirmed > 0m ? ConsoleText.Money(group.Unconfirmed) : ConsoleText.None)}{ConsoleParts.Number(ConsoleText.Count(group.Unpriced))}</tr>
            """)))],
        $"Nothing was spent in this time.");

    private static PageTable BudgetTable(ConsoleRequest request, ConsoleData data, IReadOnlyList<ConsoleBudget> budgets, IReadOnlyList<ConsoleLimit> limits) => new(
        "worst",
        "Budgets by share of their limit",
        ConsoleParts.Head(("Budget", false), ("", false), ("Used", true), ("Spent", true), ("Limit", true), ("Per hour", true), ("Runs out", false), ("Resets", false)),
        [.. budgets.Where(budget => !budget.IsRun).OrderByDescending(budget => budget.Share ?? -1m).Take(8).Select(budget => BudgetsPage.Row(request, data, budget, isShort: true, limits))],
        "No budgets. In an application, register a CostTracker with AddSingleton. For the command meaibudget dashboard, name the settings with --config.")
    {
        Csv = request.Url("api/budgets", ("format", "csv")),
    };

    /// <summary>Writes a form that leads to any key of a divided budget, also to one that is not in the table: its figures, its calls, a change.</summary>
    private static Html FindForm(ConsoleRequest request, IReadOnlyList<ConsoleBudget> budgets)
    {
        string[] names = [.. budgets.Where(budget => budget.Budget.IsDivided && !budget.IsRun).Select(budget => budget.Budget.Name).Distinct()];
        if (names.Length == 0)
        {
            return Html.Empty;
        }

        Html of = names.Length == 1
            ? Html.Of($"<input type=\"hidden\" name=\"budget\" value=\"{names[0]}\">")
            : Html.Of($"<label>of <select name=\"budget\">{names.Select(name => Html.Of($"<option>{name}</option>"))}</select></label>");
        Html changes = !request.CanAct ? Html.Empty : Html.Of(
            $"<button formaction=\"{request.Url("change")}\" name=\"do\" value=\"stop\">Stop</button><button formaction=\"{request.Url("change")}\" name=\"do\" value=\"grant\">Grant</button>");
        return Html.Of(
            $"<form class=\"find\" method=\"get\" action=\"{request.Url("keys")}\" role=\"search\"><label>Key <input type=\"search\" name=\"key\" required maxlength=\"200\" autocomplete=\"off\"></label>{of}<button>Find</button><button formaction=\"{request.Url("calls")}\">Calls</button>{changes}</form>");
    }

    private static PageTable SpenderTable(ConsoleRequest request, IReadOnlyList<ConsoleSpender> spenders, ConsoleRange range) => new(
        "spenders",
        "Keys of divided budgets that spent most",
        ConsoleParts.Head(("Key", false), ("Budget", false), ("Spent", true), ("Attempts", true), ("", false)),
        [.. spenders.Take(8).Select(spender => new PageRow(ConsoleParts.RowId("sp", spender.Budget, spender.Key), Html.Of($"""
            <tr id="{ConsoleParts.RowId("sp", spender.Budget, spender.Key)}"><td class="long">{ConsoleParts.KeyName(spender.Key, request.Url("calls", ("range", range.Name), ("budget", spender.Budget), ("key", spender.Key)))}</td><td class="long">{spender.Budget}</td>{ConsoleParts.Number(ConsoleText.Money(spender.Spent))}{ConsoleParts.Number(spender.Attempts is { } attempts ? ConsoleText.Count(attempts) : ConsoleText.None)}<td>{ConsoleParts.KeyActions(request, spender.Tracker, spender.Budget, spender.Key, false)}</td></tr>
            """)))],
        "No divided budget has spend in this time.")
    {
        Csv = request.Url("api/spenders", ("range", range.Name), ("format", "csv")),
    };

    private static async Task<Html> ProblemsAsync(ConsoleRequest request, ConsoleData data, IReadOnlyList<ConsoleBudget> budgets, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        if (!data.HasHistory)
        {
            problems.Add(ConsoleText.NoHistory);
        }

        problems.AddRange((await data.HealthAsync(cancellationToken)).Where(health => !health.IsHealthy).Select(health => $"Ledger '{health.Ledger}': {health.Problem}"));
        problems.AddRange(budgets.Where(budget => budget.Status?.IsStopped == true).Select(budget => $"Budget '{budget.Budget.Name}' is stopped: it refuses every call."));
        IReadOnlyList<string> open = data.OpenCircuits();
        if (open.Count > 0)
        {
            problems.Add($"Circuit open: {string.Join(", ", open.Take(10))}.");
        }

        IEnumerable<string> notes = (string[])[data.HasHistory && !data.Calls.HasCalls ? ConsoleText.NoCalls : "", data.HasAccounts ? "" : ConsoleText.NoAccounts];
        return Html.Of($"{problems.Select(problem => Html.Of($"<p class=\"alert\" role=\"alert\">{problem}</p>"))}{notes.Where(note => note.Length > 0).Select(note => Html.Of($"<p class=\"hint\">{note}</p>"))}");
    }

    private static async Task<Html> TilesAsync(ConsoleRequest request, ConsoleData data, ConsoleRange range, IReadOnlyList<ConsoleBudget> budgets, CancellationToken cancellationToken)
    {
        var tiles = new List<Html>();
        foreach (string name in (string[])["today", "7d", "30d"])
        {
            SpendRecord sum = await data.TotalAsync(data.Range(name), cancellationToken);
            tiles.Add(ConsoleParts.Tile($"Spent {(name == "today" ? "today" : "in " + ConsoleRange.LabelOf(name))}", ConsoleText.Money(sum.Spent), $"{ConsoleText.Count(sum.Attempts)} attempts", request.With("range", name)));
        }

        SpendRecord total = await data.TotalAsync(range, cancellationToken);
        long fallbacks = (await data.FactsAsync(range, cancellationToken)).Fallbacks;
        int near = budgets.Sum(budget => budget.Keys is { } keys && !budget.IsRun ? keys.NearCount : 0);
        ConsoleBudget? worst = budgets.Where(budget => budget.Keys?.NearCount > 0 && !budget.IsRun).MaxBy(budget => budget.Keys!.NearCount)
            ?? budgets.FirstOrDefault(budget => budget.Keys is not null && !budget.IsRun);
        IReadOnlyList<ConsoleHealth> health = await data.HealthAsync(cancellationToken);
        int outbox = health.Sum(one => one.Outbox);
        bool isHealthy = health.All(one => one.IsHealthy);
        TimeSpan? age = health.Count > 0 ? health.Max(one => one.PricesAge) : null;
        string when = range.Name == "today" ? "today" : range.Label.ToLowerInvariant();
        tiles.Add(data.Calls.HasCalls
            ? ConsoleParts.Tile("Held now", ConsoleText.Money(total.Held), $"{ConsoleText.Count(total.Open)} open attempts", request.Url("calls", ("show", "open")))
            : ConsoleParts.Tile("Held now", ConsoleText.Money(budgets.Select(budget => budget.Status?.Held ?? budget.Keys?.Held ?? 0m).DefaultIfEmpty(0m).Max()), "in the budget that holds most", request.Url("budgets")));
        tiles.Add(ConsoleParts.Tile("In doubt", ConsoleText.Money(total.Unconfirmed), $"not confirmed, {when}", request.Url("calls", ("show", "doubt"), ("range", range.Name)), total.Unconfirmed > 0m ? "near" : ""));
        tiles.Add(ConsoleParts.Tile("No price", ConsoleText.Count(total.Unpriced), $"attempts, {when}", request.Url("calls", ("show", "unpriced"), ("range", range.Name)), total.Unpriced > 0 ? "near" : ""));
        tiles.Add(ConsoleParts.Tile("Refused", ConsoleText.Count(total.Refused), $"attempts, {when}", request.Url("calls", ("show", "refused"), ("range", range.Name)), total.Refused > 0 ? "over" : ""));
        tiles.Add(ConsoleParts.Tile("Fell back", ConsoleText.Count(fallbacks), string.Create(CultureInfo.InvariantCulture, $"{when}; {data.Retries:#,##0} retries here"), request.Url("calls", ("show", "fallback"), ("range", range.Name)), fallbacks > 0 ? "near" : ""));
        if (worst is not null)
        {
            tiles.Add(ConsoleParts.Tile(
                "Keys above 80 %", ConsoleText.Count(near), worst.Budget.Name,
                request.Url("keys", ("tracker", worst.Tracker.ToString(CultureInfo.InvariantCulture)), ("budget", worst.Budget.Name), ("show", near > 0 ? "near" : null)), near > 0 ? "near" : ""));
        }

        tiles.Add(ConsoleParts.Tile("Ledger", isHealthy ? "Healthy" : "Away", outbox > 0 ? $"{ConsoleText.Count(outbox)} settlements wait" : "nothing waits", request.Url("health"), isHealthy ? outbox > 0 ? "near" : "ok" : "over"));
        tiles.Add(ConsoleParts.Tile("Prices", age is { } days ? ConsoleText.Length(days) : ConsoleText.None, "age of the catalog", request.Url("health"), age > TimeSpan.FromDays(45) ? "near" : ""));
        return Html.Of($"<div class=\"tiles\">{tiles}</div>");
    }
}
