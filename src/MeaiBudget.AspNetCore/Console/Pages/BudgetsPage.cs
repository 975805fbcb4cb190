using System.Globalization;

namespace MeaiBudget;

/// <summary>All budgets, one row each, and the keys of a divided budget.</summary>
internal static class BudgetsPage
{
    public const int PageSize = 50;

    public static readonly string[] Sorts = ["share", "spent", "held", "refused", "limit", "key"];

    public static async Task<ConsolePage> RenderAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        IReadOnlyList<ConsoleBudget> budgets = await data.BudgetsAsync(cancellationToken);
        IReadOnlyList<ConsoleLimit> limits = await data.LimitsOrNoneAsync(cancellationToken);
        Html head = ConsoleParts.Head(
            ("Budget", false), ("", false), ("Used", true), ("Spent", true), ("Limit", true), ("Held", true), ("Left", true), ("In doubt", true), ("Refused today", true), ("Per hour", true), ("Runs out", false), ("Resets", false), ("", false));
        ConsoleBudget[] runs = [.. budgets.Where(budget => budget.IsRun)];
        var parts = new List<PagePart>
        {
            new PageTable("budgets", "Budgets", head, [.. budgets.Where(budget => !budget.IsRun).Select(budget => Row(request, data, budget, isShort: false, limits))], "No budgets. Register a CostTracker with AddSingleton."),
        };
        if (runs.Length > 0)
        {
            parts.Add(new PageBlock("runs-head", Html.Of($"<h2>Runs</h2>")));
            parts.Add(new PageTable("runs", "Budgets of runs", head, [.. runs.Select(budget => Row(request, data, budget, isShort: false, limits))], "") { Csv = request.Url("api/budgets", ("format", "csv")) });
        }

        return new ConsolePage("Budgets", "budgets", parts) { Csv = "api/budgets?format=csv" };
    }

    public static PageRow Row(ConsoleRequest request, ConsoleData data, ConsoleBudget budget, bool isShort, IReadOnlyList<ConsoleLimit> limits)
    {
        string id = ConsoleParts.RowId(isShort ? "w" : "b", budget.Tracker.ToString(CultureInfo.InvariantCulture), budget.Budget.Name);
        string keys = request.Url("keys", ("tracker", budget.Tracker.ToString(CultureInfo.InvariantCulture)), ("budget", budget.Budget.Name));
        string calls = request.Url("calls", ("budget", budget.Budget.Name));
        if (budget.Problem is { } problem)
        {
            return new PageRow(id, Html.Of($"<tr id=\"{id}\"><td class=\"long\">{budget.Budget.Name}</td><td colspan=\"20\" class=\"bad\">{problem}</td></tr>"));
        }

        if (budget.Keys is { } divided)
        {
            string count = $"{ConsoleText.Count(divided.Statuses.Count)}{(divided.IsCut ? "+" : "")} {(budget.IsRun ? "runs" : "keys")}";
            Html more = isShort ? Html.Empty : Html.Of(
                $"{ConsoleParts.Number(ConsoleText.Money(divided.Held))}<td class=\"n\"></td>{ConsoleParts.Number(Doubt(divided.Unconfirmed))}{ConsoleParts.Number(Refusals(budget.Refused))}");
            Html stopped = limits.FirstOrDefault(limit => limit.IsStop && limit.Budget == budget.Budget.Name && limit.Key.Length == 0) is { } all ? Html.Of($"{ConsoleParts.Badge("Stopped", "over")} {Why(all)}")
                : divided.StoppedCount > 0 ? Html.Of($"<a href=\"{keys}&amp;show=stopped\">{ConsoleParts.Badge($"{ConsoleText.Count(divided.StoppedCount)} stopped", "over")}</a>") : Html.Empty;
            Html note = divided.NearCount > 0 ? Html.Of($"{ConsoleParts.Badge($"{ConsoleText.Count(divided.NearCount)} above 80 %", divided.SpentCount > 0 ? "over" : "near")} {stopped}")
                : stopped.Text.Length > 0 ? stopped : ConsoleParts.Badge("Within limits", "ok");
            return new PageRow(id, Html.Of($"""
                <tr id="{id}"><td class="long"><a href="{keys}">{budget.Budget.Name}</a> <span class="quiet">{count}</span></td><td class="state">{note}</td>{ConsoleParts.Number(budget.Share is { } worst ? "max " + ConsoleText.Share(worst) : ConsoleText.None)}{ConsoleParts.Number(ConsoleText.Money(divided.Spent))}{ConsoleParts.Number(budget.Budget.Limit is { } each ? ConsoleText.Money(each) + " each" : ConsoleText.None)}{more}<td class="n"></td><td></td><td class="when">{Reset(divided.Worst?.ResetsAt, budget.Budget, data)}</td>{(isShort ? Html.Empty : Html.Of($"<td>{ConsoleParts.Actions(request, budget.Tracker, budget.Budget.Name, "", false)}</td>"))}</tr>
                """));
        }

        BudgetStatus status = budget.Status!;
        (string word, string state) = ConsoleParts.StateOf(status);
        Html details = isShort ? Html.Empty : Html.Of(
            $"{ConsoleParts.Number(ConsoleText.Money(status.Held))}{ConsoleParts.Number(ConsoleText.Money(status.Remaining))}{ConsoleParts.Number(Doubt(status.Unconfirmed))}{ConsoleParts.Number(Refusals(budget.Refused))}");
        return new PageRow(id, Html.Of($"""
            <tr id="{id}"><td class="long"><a href="{calls}">{budget.Budget.Name}</a>{Mode(budget.Budget)}{ConsoleParts.BarOf(status)}</td><td class="state">{ConsoleParts.Badge(word, state)} {(status.IsStopped ? Why(StopOf(limits, budget.Budget.Name, "")) : Html.Empty)}</td>{ConsoleParts.Number(ConsoleText.Share(budget.Share))}{ConsoleParts.Number(ConsoleText.Money(status.Spent))}{ConsoleParts.Number(LimitOf(status))}{details}{ConsoleParts.Number(ConsoleText.Money(budget.PerHour))}<td class="when">{RunsOut(budget.RunsOutAt, status, data)}</td><td class="when">{Reset(status.ResetsAt, budget.Budget, data)}</td>{(isShort ? Html.Empty : Html.Of($"<td>{ConsoleParts.Actions(request, budget.Tracker, budget.Budget.Name, "", status.IsStopped)}</td>"))}</tr>
            """));
    }

    public static async Task<ConsolePage> RenderKeysAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        int tracker = request.Get("tracker") is null ? data.TrackerOf(request.Get("budget")) : request.Number("tracker", 0, int.MaxValue);
        if (data.Find(tracker, request.Get("budget")) is not { } found)
        {
            return Missing($"No budget is named '{request.Get("budget")}'.");
        }

        Budget budget = found.Budget;
        ConsoleKeys keys = await data.KeysAsync(tracker, budget, cancellationToken);
        IReadOnlyDictionary<(string Budget, string Key), long> refused = await data.RefusedAsync(cancellationToken);
        IReadOnlyList<ConsoleLimit> limits = await data.LimitsOrNoneAsync(cancellationToken);
        string search = request.Get("search") ?? request.Get("key") ?? "";
        string show = request.Get("show") is "near" or "spent" or "stopped" ? request.Get("show")! : "all";
        string sort = request.Get("sort") is { } asked && Sorts.Contains(asked) ? asked : "share";
        IReadOnlyList<BudgetStatus> chosen = Choose(keys, search, show, sort, status => refused.GetValueOrDefault((budget.Name, status.Key)));
        int pages = Math.Max(1, (chosen.Count + PageSize - 1) / PageSize);
        int page = request.Number("page", 1, pages);
        string text = $"{ConsoleText.Count(keys.Statuses.Count)} {(budget.Period.Kind == BudgetPeriodKind.Run ? "runs" : "keys")} with spend in this period{(keys.IsCut ? ", the largest of more" : "")}; {ConsoleText.Money(keys.Spent)} spent, {ConsoleText.Money(keys.Held)} held";
        Html reset = Reset(keys.Worst?.ResetsAt, budget, data);
        return new ConsolePage(budget.Name, "budgets", [
            new PageBlock("summary", Html.Of($"<p class=\"hint\">{text}. {(keys.Worst?.ResetsAt is null ? "" : "Resets ")}{(keys.Worst?.ResetsAt is null ? Html.Empty : reset)}</p>")),
            new PageBlock("filters", Html.Of($"""
                <div class="toolbar"><form method="get" action="{request.Url("keys")}" role="search"><input type="hidden" name="tracker" value="{tracker}"><input type="hidden" name="budget" value="{budget.Name}"><input type="hidden" name="sort" value="{sort}"><input type="hidden" name="show" value="{show}"><label class="away" for="search">Search keys</label><input id="search" type="search" name="search" value="{search}" placeholder="Search keys" maxlength="200"><button>Search</button></form>
                {ConsoleParts.Choices("Show", Shows(keys).Select(one => (one.Text, request.With("show", one.Name == "all" ? null : one.Name, "page"), one.Name == show)))}</div>
                """)),
            new PageTable(
                "keys",
                $"Keys of the budget {budget.Name}",
                Html.Of($"<tr>{ConsoleParts.SortHead(request, "key", "Key", sort, isNumber: false)}<th></th>{ConsoleParts.SortHead(request, "share", "Used", sort)}{ConsoleParts.SortHead(request, "spent", "Spent", sort)}{ConsoleParts.SortHead(request, "limit", "Limit", sort)}{ConsoleParts.SortHead(request, "held", "Held", sort)}<th class=\"n\">In doubt</th>{ConsoleParts.SortHead(request, "refused", "Refused today", sort)}<th></th></tr>"),
                [.. chosen.Skip((page - 1) * PageSize).Take(PageSize).Select(status => KeyRow(request, tracker, status, data.HasAccountsOf(tracker) ? refused.GetValueOrDefault((budget.Name, status.Key)) : null, limits))],
                search.Length > 0 ? $"No key contains '{search}'." : "No key has spend in this period."),
            new PageBlock("pages", Pages(request, page, pages, chosen.Count))])
        {
            Csv = $"api/keys?tracker={tracker.ToString(CultureInfo.InvariantCulture)}&budget={Uri.EscapeDataString(budget.Name)}&search={Uri.EscapeDataString(search)}&show={show}&sort={sort}&count=10000&format=csv",
        };
    }

    /// <summary>Returns the keys to show, in order.</summary>
    public static IReadOnlyList<BudgetStatus> Choose(ConsoleKeys keys, string search, string show, string sort, Func<BudgetStatus, long> refused)
    {
        IEnumerable<BudgetStatus> chosen = keys.Statuses;
        if (search.Length > 0)
        {
            chosen = chosen.Where(status => status.Key.Contains(search, StringComparison.OrdinalIgnoreCase));
        }

        chosen = show switch
        {
            "near" => chosen.Where(status => ConsoleBudget.ShareOf(status) >= ConsoleKeys.Near),
            "spent" => chosen.Where(status => ConsoleBudget.ShareOf(status) >= 1m),
            "stopped" => chosen.Where(status => status.IsStopped),
            _ => chosen,
        };
        return sort switch
        {
            "spent" => [.. chosen.OrderByDescending(status => status.Spent)],
            "held" => [.. chosen.OrderByDescending(status => status.Held)],
            "limit" => [.. chosen.OrderByDescending(status => (status.Limit ?? 0m) + status.Granted)],
            "refused" => [.. chosen.OrderByDescending(refused)],
            "key" => [.. chosen.OrderBy(status => status.Key, StringComparer.Ordinal)],
            _ => [.. chosen],
        };
    }

    public static ConsolePage Missing(string text) => new("Not found", "", [new PageBlock("missing", Html.Of($"<p class=\"alert\">{text}</p>"))]) { Status = 404, IsLive = false };

    /// <summary>Writes when a period ends, in the zone of its budget and, if that is another, in the one of the console.</summary>
    public static Html Reset(DateTimeOffset? at, Budget budget, ConsoleData data) => at is { } moment
        ? Html.Of($"<time datetime=\"{moment.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\" title=\"in {ConsoleText.Length(moment - data.Now)}\">{ConsoleText.Moment(moment, budget.TimeZone)}</time>{(budget.TimeZone.GetUtcOffset(moment) == data.Zone.GetUtcOffset(moment) ? Html.Empty : Html.Of($" <span class=\"quiet\">({ConsoleText.Moment(moment, data.Zone)})</span>"))}")
        : Html.Of($"<span class=\"quiet\">{(budget.Period.Kind == BudgetPeriodKind.Rolling ? "rolling, " + ConsoleText.Length(budget.Period.Span) : ConsoleText.None)}</span>");

    private static ConsoleLimit? StopOf(IReadOnlyList<ConsoleLimit> limits, string budget, string key) =>
        limits.FirstOrDefault(limit => limit.IsStop && limit.Budget == budget && limit.Key == key) ?? limits.FirstOrDefault(limit => limit.IsStop && limit.Budget == budget && limit.Key.Length == 0);

    private static Html Why(ConsoleLimit? stop) => stop is null ? Html.Empty : Html.Of($"<span class=\"quiet reason\"><bdi>{stop.Reason}</bdi></span>");

    private static IEnumerable<(string Name, string Text)> Shows(ConsoleKeys keys) =>
        [("all", "All"), ("near", $"Above 80 % ({ConsoleText.Count(keys.NearCount)})"), ("spent", $"Spent ({ConsoleText.Count(keys.SpentCount)})"), ("stopped", $"Stopped ({ConsoleText.Count(keys.StoppedCount)})")];

    private static PageRow KeyRow(ConsoleRequest request, int tracker, BudgetStatus status, long? refused, IReadOnlyList<ConsoleLimit> limits)
    {
        string id = ConsoleParts.RowId("k", status.Key);
        (string word, string state) = ConsoleParts.StateOf(status);
        Html refusals = refused > 0 ? Html.Of($"<td class=\"n\"><a href=\"{request.Url("calls", ("show", "refused"), ("budget", status.Budget), ("key", status.Key))}\">{Refusals(refused)}</a></td>") : ConsoleParts.Number(Refusals(refused));
        return new PageRow(id, Html.Of($"""
            <tr id="{id}"><td class="long">{ConsoleParts.KeyName(status.Key, request.Url("calls", ("budget", status.Budget), ("key", status.Key)))}{ConsoleParts.BarOf(status)}</td><td class="state">{ConsoleParts.Badge(word, state)} {(status.IsStopped ? Why(StopOf(limits, status.Budget, status.Key)) : Html.Empty)}</td>{ConsoleParts.Number(ConsoleText.Share(ConsoleBudget.ShareOf(status)))}{ConsoleParts.Number(ConsoleText.Money(status.Spent))}{ConsoleParts.Number(LimitOf(status))}{ConsoleParts.Number(ConsoleText.Money(status.Held))}{ConsoleParts.Number(Doubt(status.Unconfirmed))}{refusals}<td>{ConsoleParts.KeyActions(request, tracker, status.Budget, status.Key, status.IsStopped)}</td></tr>
            """));
    }

    private static Html Pages(ConsoleRequest request, int page, int pages, int count) => pages == 1
        ? Html.Empty
        : Html.Of($"<nav class=\"pages\" aria-label=\"Pages\">{(page > 1 ? ConsoleParts.Link(request.With("page", Page(page - 1)), "Previous") : Html.Empty)} <span>Page {page} of {ConsoleText.Count(pages)}, {ConsoleText.Count(count)} keys</span> {(page < pages ? ConsoleParts.Link(request.With("page", Page(page + 1)), "Next") : Html.Empty)}</nav>");

    private static string Page(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string LimitOf(BudgetStatus status) => status.Limit is { } limit
        ? ConsoleText.Money(limit) + (status.Granted > 0m ? " + " + ConsoleText.Money(status.Granted) : "")
        : status.TokenLimit is { } tokens ? ConsoleText.Count(status.Tokens ?? 0) + " of " + ConsoleText.Count(tokens) + " tokens"
        : status.RequestLimit is { } requests ? ConsoleText.Count(status.Requests ?? 0) + " of " + ConsoleText.Count(requests) + " requests"
        : ConsoleText.None;

    private static string Refusals(long? count) => count is { } known ? ConsoleText.Count(known) : ConsoleText.None;

    private static string Doubt(decimal amount) => amount > 0m ? ConsoleText.Money(amount) : ConsoleText.None;

    private static Html Mode(Budget budget) => budget.Enforcement == Enforcement.Enforce ? Html.Empty : Html.Of($" <span class=\"quiet\">{(budget.Enforcement == Enforcement.Observe ? "observes only" : "warns only")}</span>");

    private static Html RunsOut(DateTimeOffset? at, BudgetStatus status, ConsoleData data) => status.Limit is null
        ? Html.Of($"<span class=\"quiet\">{ConsoleText.None}</span>")
        : at is not { } moment ? Html.Of($"<span class=\"quiet\">{(status.ResetsAt is null ? "not at this pace" : "not before the reset")}</span>")
        : moment <= data.Now ? Html.Of($"<span class=\"bad\">spent</span>")
        : Html.Of($"<time class=\"bad\" datetime=\"{moment.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\">{ConsoleText.Moment(moment, data.Zone)}</time> <span class=\"quiet\">in {ConsoleText.Length(moment - data.Now)}</span>");
}
