using System.Globalization;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>The tables of the JSON API. Amounts are US dollars, times are UTC.</summary>
internal static class ConsoleApi
{
    private static readonly ApiColumn[] SpendColumns = [
        new("group", "string", "The model, provider, route, budget or tag value; empty for none"), new("spent", "number", "Charged, in US dollars"), new("unconfirmed", "number", "The part that no provider has confirmed, in US dollars"),
        new("held", "number", "Reserved by open attempts, in US dollars"), new("attempts", "integer", "Attempts"), new("refused", "integer", "Attempts that a budget refused"), new("released", "integer", "Attempts for which nothing was billed"),
        new("open", "integer", "Attempts that are not settled"), new("unpriced", "integer", "Settled attempts without a known price"), new("inputTokens", "integer", "Input tokens"), new("cachedInputTokens", "integer", "Cached input tokens"), new("outputTokens", "integer", "Output tokens")];

    private static readonly ApiColumn[] TimelineColumns = [
        new("at", "string", "The start of the hour or day, in UTC"), new("group", "string", "The group; 'others' for those that are not among the largest six"), new("spent", "number", "Charged, in US dollars")];

    private static readonly ApiColumn[] BudgetColumns = [
        new("tracker", "integer", "The number of the tracker"), new("budget", "string", "The budget's name"), new("period", "string", "The period"), new("enforcement", "string", "Observe, Warn or Enforce"), new("divided", "boolean", "True if the budget has keys"),
        new("keys", "integer", "The keys with spend in this period"), new("keysNear", "integer", "The keys that used 80 % or more"), new("keysSpent", "integer", "The keys that used all"), new("limit", "number", "The limit before grants, in US dollars"), new("granted", "number", "Grants in force, in US dollars"),
        new("spent", "number", "Charged in this period, in US dollars"), new("held", "number", "Held, in US dollars"), new("remaining", "number", "Left, in US dollars"), new("unconfirmed", "number", "Not confirmed, in US dollars"), new("overrun", "number", "Charged beyond what was reserved, in US dollars"),
        new("share", "number", "The used share of the limit, 1 for all; of a divided budget, that of the worst key"), new("refusedToday", "integer", "Attempts that the budget refused today; null if the history has no budgets"), new("perHour", "number", "The pace of the last 24 hours, in US dollars an hour"),
        new("runsOutAt", "string", "When the limit is spent at this pace; null if not before the reset"), new("resetsAt", "string", "When the period ends"), new("timeZone", "string", "The time zone of the period"), new("stopped", "boolean", "True if an operator stopped it"), new("problem", "string", "Why it could not be read")];

    private static readonly ApiColumn[] KeyColumns = [
        new("key", "string", "The key"), new("share", "number", "The used share of the limit, 1 for all"), new("spent", "number", "Charged in this period, in US dollars"), new("limit", "number", "The limit before grants, in US dollars"), new("granted", "number", "Grants in force, in US dollars"), new("held", "number", "Held, in US dollars"),
        new("remaining", "number", "Left, in US dollars"), new("unconfirmed", "number", "Not confirmed, in US dollars"), new("refusedToday", "integer", "Attempts refused today; null if the history has no budgets"), new("tokens", "integer", "Tokens, if the budget counts them"), new("requests", "integer", "Requests, if the budget counts them"),
        new("resetsAt", "string", "When the period ends"), new("stopped", "boolean", "True if an operator stopped it")];

    private static readonly ApiColumn[] CallColumns = [
        new("call", "string", "The call's id"), new("at", "string", "When it was admitted or refused"), new("outcome", "string", "Answered, Fallback, Refused, Open, Cancelled, Released, Expired or a kind of failure"), new("why", "string", "The budget that refused, or why another route answered"),
        new("tags", "object", "The recorded tags"), new("run", "string", "The run"), new("route", "string", "The route"), new("provider", "string", "The provider"), new("model", "string", "The model that answered, else the requested one"), new("inputTokens", "integer", "Input tokens"), new("outputTokens", "integer", "Output tokens"),
        new("attempts", "integer", "Attempts"), new("spent", "number", "Charged, in US dollars"), new("held", "number", "Held, in US dollars"), new("unconfirmed", "number", "Not confirmed, in US dollars"), new("unpriced", "boolean", "True if the price is not known")];

    private static readonly ApiColumn[] AttemptColumns = [
        new("attempt", "integer", "The attempt's number"), new("state", "string", "open, settled, unconfirmed, released, expired or refused"), new("outcome", "string", "How it ended"), new("route", "string", "The route"), new("provider", "string", "The provider"), new("model", "string", "The requested model"),
        new("responseModel", "string", "The answering model"), new("reserved", "number", "Reserved, in US dollars"), new("spent", "number", "Charged, in US dollars"), new("unconfirmed", "number", "Not confirmed, in US dollars"), new("costKind", "string", "How the cost is known"), new("price", "string", "The entry of the price catalog"),
        new("refusedBy", "string", "The budget that refused"), new("refusedKey", "string", "The key of that budget"), new("reason", "string", "Why it refused"), new("fallbackFrom", "string", "The route that the call had left"), new("fallbackReason", "string", "Why it had left it"), new("inputTokens", "integer", "Input tokens"), new("outputTokens", "integer", "Output tokens"), new("next", "string", "What to do")];

    private static readonly ApiColumn[] SpenderColumns = [
        new("tracker", "integer", "The number of the tracker"), new("budget", "string", "The budget"), new("key", "string", "The key"), new("spent", "number", "Charged, in US dollars; in the period of the budget if the history has no keys"), new("attempts", "integer", "Attempts; null if the history has no keys")];

    private static readonly ApiColumn[] HealthColumns = [
        new("tracker", "string", "The tracker"), new("ledger", "string", "The ledger"), new("healthy", "boolean", "True if the ledger answers"), new("problem", "string", "Why not"), new("milliseconds", "number", "How long the answer took"), new("outbox", "integer", "Settlements that wait for the ledger"),
        new("keepsHistory", "boolean", "True if the ledger keeps calls"), new("prices", "string", "The price catalog"), new("pricesAgeSeconds", "number", "Its age"), new("pricesAsOf", "string", "Its day")];

    private static readonly ApiColumn[] AuditColumns = [
        new("at", "string", "When"), new("user", "string", "Who"), new("change", "string", "What"), new("reason", "string", "Why")];

    private static readonly ApiColumn[] LimitColumns = [
        new("budget", "string", "The budget"), new("key", "string", "The key; empty for all of the budget"), new("stopped", "boolean", "True for a stop"), new("limit", "number", "The limit, in US dollars; null for a stop"), new("at", "string", "When it was set"), new("reason", "string", "Who set it and why")];

    private static readonly ApiColumn[] RefusedColumns = [
        new("tracker", "integer", "The number of the tracker; -1 if no tracker has the budget"), new("budget", "string", "The budget"), new("key", "string", "The key; empty for a budget that is not divided"), new("refused", "integer", "Refused attempts")];

    private static readonly ApiColumn[] AlertColumns = [
        new("id", "string", "The alert's id"), new("rule", "string", "The rule"), new("since", "string", "When it began"), new("text", "string", "What it says")];

    private static readonly (string Path, string Summary, ApiColumn[] Columns, string[] Parameters)[] Resources = [
        ("spend", "Spend by groups", SpendColumns, ["range", "by"]),
        ("timeline", "Spend by hour or day and group", TimelineColumns, ["range", "by"]),
        ("spenders", "The keys of divided budgets that spent most", SpenderColumns, ["range"]),
        ("refused", "The budgets and keys that were refused most", RefusedColumns, ["range"]),
        ("budgets", "All budgets", BudgetColumns, []),
        ("keys", "The keys of a divided budget, those first that used the largest share", KeyColumns, ["budget", "tracker", "search", "show", "sort", "page", "count"]),
        ("calls", "Calls, the newest first, 50 at once", CallColumns, ["range", "from", "to", "show", "budget", "key", "model", "provider", "route", "class", "run", "tag:NAME", "after"]),
        ("call", "The attempts of one call", AttemptColumns, ["id"]),
        ("health", "Ledgers and prices", HealthColumns, []),
        ("alerts", "Alerts that fire", AlertColumns, []),
        ("limits", "Stops and limits that are set in the ledgers", LimitColumns, []),
        ("audit", "Changes by operators", AuditColumns, [])];

    private static readonly (string Status, string Meaning)[] Refusals = [
        ("400", "A parameter is not valid; the body says which"), ("401", "No user is signed in"), ("403", "The user does not meet the policy of the console"), ("404", "There is no such budget or call"),
        ("501", "The history cannot answer, for example spend by budget on Redis; the body says why"), ("503", "The ledger could not be read")];

    /// <summary>Reads a table; <see langword="null"/> if there is none of this name, or if what it was asked for does not exist.</summary>
    public static async Task<ApiTable?> ReadAsync(string name, ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        Check(request);
        ConsoleRange range = data.Range(request.Get("range"));
        string by = request.Get("by") ?? "model";
        switch (name)
        {
            case "spend":
                return new ApiTable(SpendColumns, [.. (await SpendAsync(data, range, by, cancellationToken)).Groups.Select(SpendRow)]);
            case "timeline":
                return Timeline(await SpendAsync(data, range, by, cancellationToken));
            case "spenders":
                return new ApiTable(SpenderColumns, [.. (await data.SpendersAsync(range, cancellationToken)).Select(one => new object?[] { one.Tracker, one.Budget, one.Key, one.Spent, one.Attempts })]);
            case "refused":
                IReadOnlyList<ConsoleRefused> refused = await data.RefusedMostAsync(range, cancellationToken);
                return data.HasAccounts
                    ? new ApiTable(RefusedColumns, [.. refused.Select(one => new object?[] { one.Tracker, one.Budget, one.Key, one.Count })])
                    : throw new NotSupportedException(ConsoleText.NoAccounts);
            case "limits":
                return new ApiTable(LimitColumns, [.. (await data.LimitsAsync(cancellationToken)).Select(one => new object?[] { one.Budget, one.Key, one.IsStop, one.Amount, one.At, one.Reason })]);
            case "budgets":
                return new ApiTable(BudgetColumns, [.. (await data.BudgetsAsync(cancellationToken)).Select(BudgetRow)]);
            case "keys":
                return await KeysAsync(request, data, cancellationToken);
            case "calls":
                ConsoleCallFilter filter = CallsPage.FilterOf(request, data);
                if (request.Get("key") is not null && !filter.Where.ContainsKey("key"))
                {
                    throw new ArgumentException("The parameter 'key' needs the parameter 'budget', because a key belongs to a budget.");
                }

                (IReadOnlyList<ConsoleCall> calls, string? next) = await data.Calls.ListAsync(filter, cancellationToken);
                return new ApiTable(CallColumns, [.. calls.Select(CallRow)], next);
            case "call":
                return Guid.TryParse(request.Get("id"), out Guid id) && await data.Calls.FindAsync(id, cancellationToken) is { } call ? Attempts(call) : null;
            case "health":
                return new ApiTable(HealthColumns, [.. (await data.HealthAsync(cancellationToken)).Select(one => new object?[]
                {
                    one.Tracker, one.Ledger, one.IsHealthy, one.Problem, (decimal)one.Answered.TotalMilliseconds, one.Outbox, one.KeepsHistory, one.Prices, (decimal)Math.Round(one.PricesAge.TotalSeconds), one.PricesAsOf?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                })]);
            case "alerts":
                return new ApiTable(AlertColumns, [.. (await data.SettingsAsync(AlertState.Prefix, cancellationToken)).Select(setting => AlertState.TryParse(setting.Key, setting.Value)).OfType<AlertState>()
                    .Select(alert => new object?[] { alert.Id, alert.Rule, alert.Since, alert.Text })]);
            case "audit":
                return new ApiTable(AuditColumns, [.. (await data.SettingsAsync(AuditEntry.Prefix, cancellationToken)).Select(setting => AuditEntry.TryParse(setting.Key, setting.Value)).OfType<AuditEntry>()
                    .Select(entry => new object?[] { entry.At, entry.User, entry.What, entry.Reason })]);
            default:
                return null;
        }
    }

    /// <summary>Refuses what a page would overlook: a program would take the answer to another question for its own.</summary>
    /// <exception cref="ArgumentException">A parameter is not valid.</exception>
    private static void Check(ConsoleRequest request)
    {
        CheckName(request, "range", ConsoleRange.Names);
        CheckName(request, "show", request.Path == "api/keys" ? ["all", "near", "spent", "stopped"] : CallsPage.ShowNames);
        CheckName(request, "sort", BudgetsPage.Sorts);
        CheckName(request, "format", ["json", "csv"]);
        foreach (string name in (string[])["from", "to"])
        {
            if (request.Get(name) is { } text && !DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _))
            {
                throw new ArgumentException($"The parameter '{name}' is '{text}', which is not a time. Write it as 2026-11-30T10:02, in the zone of the console, or with Z or an offset behind it.");
            }
        }

        foreach (string name in (string[])["page", "count", "tracker"])
        {
            if (request.Get(name) is { } text && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                throw new ArgumentException($"The parameter '{name}' is '{text}', which is not a number from 0 to {int.MaxValue}.");
            }
        }

        if (request.Get("after") is { } after && !(after.Split(':', 2) is [{ } number, _] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw new ArgumentException($"The parameter 'after' is '{after}', which no page returned. Use the value of 'next'.");
        }
    }

    private static void CheckName(ConsoleRequest request, string name, IReadOnlyList<string> names)
    {
        if (request.Get(name) is { } value && !names.Contains(value))
        {
            throw new ArgumentException($"The parameter '{name}' is '{value}'. Use {string.Join(", ", names)}.");
        }
    }

    /// <summary>Describes the API in the form of OpenAPI 3.1.</summary>
    public static byte[] Describe(string address)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("openapi", "3.1.0");
            json.WriteStartObject("info");
            json.WriteString("title", "MeaiBudget console");
            json.WriteString("version", typeof(ConsoleApi).Assembly.GetName().Version?.ToString(3) ?? "0");
            json.WriteString("description", "Read-only. Amounts are US dollars, times are UTC. Every table is CSV with format=csv.");
            json.WriteEndObject();
            json.WriteStartArray("servers");
            json.WriteStartObject();
            json.WriteString("url", address);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("paths");
            foreach ((string path, string summary, ApiColumn[] columns, string[] parameters) in Resources)
            {
                Describe(json, path, summary, columns, parameters);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Describe(Utf8JsonWriter json, string path, string summary, ApiColumn[] columns, string[] parameters)
    {
        json.WriteStartObject("/" + path);
        json.WriteStartObject("get");
        json.WriteString("operationId", path);
        json.WriteString("summary", summary);
        json.WriteStartArray("parameters");
        foreach (string parameter in (string[])[.. parameters, "format"])
        {
            json.WriteStartObject();
            json.WriteString("name", parameter);
            json.WriteString("in", "query");
            json.WriteString("description", MeaningOf(path, parameter));
            json.WriteBoolean("required", (path, parameter) is ("keys", "budget") or ("call", "id"));
            json.WriteStartObject("schema");
            json.WriteString("type", parameter is "page" or "count" or "tracker" ? "integer" : "string");
            string[]? values = parameter switch
            {
                "range" => ConsoleRange.Names,
                "format" => ["json", "csv"],
                "sort" => BudgetsPage.Sorts,
                _ => null,
            };
            if (values is not null)
            {
                json.WriteStartArray("enum");
                foreach (string value in values)
                {
                    json.WriteStringValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("responses");
        json.WriteStartObject("200");
        json.WriteString("description", summary);
        json.WriteStartObject("content");
        json.WriteStartObject("application/json");
        json.WriteStartObject("schema");
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        json.WriteStartObject("items");
        json.WriteString("type", "array");
        json.WriteStartObject("items");
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (ApiColumn column in columns)
        {
            json.WriteStartObject(column.Name);
            json.WriteStartArray("type");
            json.WriteStringValue(column.Type);
            json.WriteStringValue("null");
            json.WriteEndArray();
            json.WriteString("description", column.Description);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("next");
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("text/csv");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        foreach ((string status, string meaning) in Refusals)
        {
            json.WriteStartObject(status);
            json.WriteString("description", meaning);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string MeaningOf(string path, string parameter) => parameter switch
    {
        "range" => "The time; today by default, for calls any",
        "by" => "The groups: model, provider, route, class, budget, or tag:NAME; model by default",
        "budget" => "The budget's name",
        "tracker" => "The number of the tracker, from 0; by default the first that has the budget",
        "search" => "A text that the key contains",
        "show" => path == "keys" ? "all, near (80 % or more), spent or stopped" : "all, refused, fallback, failed, open, doubt or unpriced",
        "sort" => "The order; by the used share by default",
        "page" => "The page, from 1",
        "count" => "The keys of a page, from 1 to 10,000; 50 by default",
        "from" => "The first moment; in the time zone of the console unless it has an offset",
        "to" => "The moment after the last",
        "after" => "The value of next of the page before",
        "id" => "The call's id",
        "format" => "json by default",
        "tag:NAME" => "The value of the recorded tag NAME, which replaces NAME",
        _ => $"Only calls of this {parameter}",
    };

    private static async Task<ConsoleSpend> SpendAsync(ConsoleData data, ConsoleRange range, string by, CancellationToken cancellationToken)
    {
        ConsoleSpend spend = await data.SpendAsync(range, by, cancellationToken);
        return by is "budget" or "key" && !data.HasAccounts ? throw new NotSupportedException(ConsoleText.NoAccounts) : spend;
    }

    private static async Task<ApiTable?> KeysAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        int tracker = request.Get("tracker") is null ? data.TrackerOf(request.Get("budget")) : request.Number("tracker", 0, int.MaxValue);
        if (data.Find(tracker, request.Get("budget")) is not { } found)
        {
            return null;
        }

        ConsoleKeys keys = await data.KeysAsync(tracker, found.Budget, cancellationToken);
        IReadOnlyDictionary<(string Budget, string Key), long> refused = await data.RefusedAsync(cancellationToken);
        long Refused(BudgetStatus status) => refused.GetValueOrDefault((found.Budget.Name, status.Key));
        bool isKnown = data.HasAccountsOf(tracker);
        IReadOnlyList<BudgetStatus> chosen = BudgetsPage.Choose(keys, request.Get("search") ?? "", request.Get("show") ?? "all", request.Get("sort") ?? "share", Refused);
        int count = request.Get("count") is null ? BudgetsPage.PageSize : request.Number("count", 1, 10_000);
        int page = request.Number("page", 1, 1_000_000);
        return new ApiTable(
            KeyColumns,
            [.. chosen.Skip((page - 1) * count).Take(count).Select(status => new object?[]
            {
                status.Key, ConsoleBudget.ShareOf(status), status.Spent, status.Limit, status.Granted, status.Held, status.Remaining, status.Unconfirmed, isKnown ? Refused(status) : null, status.Tokens, status.Requests, status.ResetsAt, status.IsStopped,
            })],
            chosen.Count > (long)page * count ? (page + 1).ToString(CultureInfo.InvariantCulture) : null);
    }

    private static ApiTable Timeline(ConsoleSpend spend)
    {
        var rows = new List<object?[]>();
        for (int slot = 0; slot < spend.Slots.Count; slot++)
        {
            for (int group = 0; group < spend.Amounts.Length; group++)
            {
                if (spend.Amounts[group][slot] > 0m)
                {
                    rows.Add([spend.Slots[slot], group < spend.Shown ? spend.Groups[group].Group[0] : "others", spend.Amounts[group][slot]]);
                }
            }
        }

        return new ApiTable(TimelineColumns, rows);
    }

    private static object?[] SpendRow(SpendRecord group) =>
        [group.Group[0], group.Spent, group.Unconfirmed, group.Held, group.Attempts, group.Refused, group.Released, group.Open, group.Unpriced, group.Usage.InputTokens, group.Usage.CachedInputTokens, group.Usage.OutputTokens];

    private static object?[] BudgetRow(ConsoleBudget one) =>
    [
        one.Tracker, one.Budget.Name, one.Budget.Period.ToString(), one.Budget.Enforcement.ToString(), one.Keys is not null, one.Keys?.Statuses.Count, one.Keys?.NearCount, one.Keys?.SpentCount, one.Status?.Limit ?? one.Budget.Limit, one.Status?.Granted,
        one.Status?.Spent ?? one.Keys?.Spent, one.Status?.Held ?? one.Keys?.Held, one.Status?.Remaining, one.Status?.Unconfirmed ?? one.Keys?.Unconfirmed, one.Status?.Overrun, one.Share, one.Refused, one.PerHour, one.RunsOutAt,
        one.Status?.ResetsAt ?? one.Keys?.Worst?.ResetsAt, one.Budget.TimeZone.Id, one.Status?.IsStopped, one.Problem,
    ];

    private static object?[] CallRow(ConsoleCall call) =>
    [
        call.CallId.ToString("D"), call.At, call.Outcome, call.Detail, call.Tags, call.RunId, call.Route, call.Provider, call.Model, call.InputTokens, call.OutputTokens, call.Attempts, call.Spent, call.Held, call.Unconfirmed, call.IsUnpriced,
    ];

    private static ApiTable Attempts(ConsoleCall call) => call.Records.Count > 0
        ? new ApiTable(AttemptColumns, [.. call.Records.Select(record => new object?[]
        {
            record.Id!.Value.Attempt, record.State, record.Outcome, record.Call?.Route, record.Call?.Provider, record.Call?.ModelId, record.ResponseModelId, (record.Call?.ReservedNanoDollars ?? 0) / 1_000_000_000m, record.Spent, record.Unconfirmed,
            record.State is "settled" or "unconfirmed" ? record.CostKind.ToString() : null, record.PriceId, record.Refusal?.Budget, record.Refusal?.Key, record.Refusal?.Reason.ToString(), record.Call?.FallbackFrom, record.Call?.FallbackReason,
            record.Usage.InputTokens, record.Usage.OutputTokens, record.Refusal is { } refusal ? CallPage.Said(refusal) : null,
        })])
        : new ApiTable(AttemptColumns, [.. call.Receipt!.Attempts.Select(attempt => new object?[]
        {
            attempt.Number, null, attempt.Outcome.ToString(), attempt.Route, attempt.Provider, attempt.ModelId, attempt.ResponseModelId, attempt.Reserved, attempt.Cost.Amount, attempt.IsUnconfirmed ? attempt.Cost.Amount : 0m, attempt.Cost.Kind.ToString(), null,
            attempt.Refusal?.Budget, attempt.Refusal?.Key, attempt.Refusal?.Reason.ToString(), null, null, attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.Refusal is { } refusal ? CallPage.Said(refusal) : null,
        })]);
}
