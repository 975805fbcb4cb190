using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>
/// Writes the statements of a history, for SQLite and PostgreSQL: both have the table <c>reservations</c> with the attempt and its end as
/// JSON, the table <c>history</c> of the same form with refusals and the attempts of other ledgers, and the same operators for JSON. What
/// differs is in a few fragments.
/// </summary>
internal sealed class SpendHistorySql
{
    /// <summary>The states of reservations, by their numbers in both stores.</summary>
    public static readonly string[] States = ["open", "settled", "unconfirmed", "released", "expired", "refused"];

    private const int RefusedState = 5;

    private readonly bool _isPostgreSql;
    private readonly string _schema;
    private readonly bool _hasHistory;
    private readonly int _ledger;

    /// <summary>Begins a statement.</summary>
    /// <param name="query">The query.</param>
    /// <param name="hasHistory">False if the tables have an older version without <c>history</c>.</param>
    /// <param name="schema">The schema on PostgreSQL; null on SQLite.</param>
    /// <param name="ledger">The ledger's number on PostgreSQL.</param>
    public SpendHistorySql(SpendQuery query, bool hasHistory, string? schema = null, int ledger = 0)
    {
        _isPostgreSql = schema is not null;
        _schema = schema is null ? "" : schema + ".";
        _hasHistory = hasHistory;
        _ledger = ledger;
        Query = query;
    }

    public SpendQuery Query { get; }

    /// <summary>Gets the values of the parameters $1, $2 and so on: numbers or texts.</summary>
    public List<object> Parameters { get; } = [];

    /// <summary>Writes the statement that adds up. <see cref="Row"/> reads its columns.</summary>
    public string Sums()
    {
        int groups = GroupsOf("r", isHistory: false, isNamed: false).Length;
        string names = string.Concat(Enumerable.Range(0, groups).Select(i => $"g{i}, "));
        string by = groups == 0 ? "" : $"GROUP BY {string.Join(", ", Enumerable.Range(0, groups).Select(i => $"g{i}"))}";
        return $"""
            SELECT {names}sum(first), sum(CASE WHEN state = 3 THEN first ELSE 0 END), sum(refused), sum(CASE WHEN state = 0 THEN first ELSE 0 END),
                sum(CASE WHEN state IN (1, 2) AND priced = 'Unknown' AND spent = 0 THEN first ELSE 0 END),
                {Sum("input")}, {Sum("cached")}, {Sum("output")}, {Sum("reasoning")}, {Sum("cache_write")}, {Sum("cache_write_hour")},
                {Sum("spent")}, {Sum("CASE WHEN state IN (2, 4) THEN spent ELSE 0 END")}, {Sum("held")}, min(at), max(at)
            FROM (
                {Attempts(isHistory: false)}{(_hasHistory ? " UNION ALL " + Attempts(isHistory: true) : "")}) c
            {by}
            """;
    }

    /// <summary>Reads a row of <see cref="Sums"/>.</summary>
    public SpendRow Row(Func<int, string> text, Func<int, long> number)
    {
        int at = 0;
        long? slot = Query.GroupBy.Any(SpendSums.IsTime) ? number(at++) : null;
        string? account = SpendSums.AsksForAccounts(Query) ? LedgerAccountName.Unescape(text(at++)) : null;
        string[] values = [.. Query.GroupBy.Where(name => !SpendSums.IsTime(name) && !SpendSums.IsOfAccount(name)).Select(_ => text(at++))];
        return new SpendRow
        {
            Slot = slot,
            Account = account,
            Values = values,
            Attempts = number(at++),
            Released = number(at++),
            Refused = number(at++),
            Open = number(at++),
            Unpriced = number(at++),
            InputTokens = number(at++),
            CachedInputTokens = number(at++),
            OutputTokens = number(at++),
            ReasoningTokens = number(at++),
            CacheWriteTokens = number(at++),
            CacheWriteOneHourTokens = number(at++),
            Spent = number(at++),
            Unconfirmed = number(at++),
            Held = number(at++),
            First = number(at++),
            Last = number(at),
        };
    }

    /// <summary>Writes the statement that reads single attempts: what <see cref="Record"/> needs, more columns that only this store has, and 1 for the table <c>history</c>.</summary>
    public string Calls(string more)
    {
        string order = "ORDER BY reserved_at DESC, call_id DESC, attempt DESC, owner DESC LIMIT " + Add((long)Query.Take);
        string calls = Calls(more, order, isHistory: false);
        return _hasHistory ? $"SELECT * FROM ({calls}) a UNION ALL SELECT * FROM ({Calls(more, order, isHistory: true)}) b {order}" : calls;
    }

    /// <summary>Makes the record of a single attempt. Amounts are those that the lines hold or charged.</summary>
    public static SpendRecord Record(
        string callId, int attempt, string storedOwner, string owner, int state, long at, string call, string? settlement, string? refusal, long refused,
        IReadOnlyList<KeyValuePair<string, long>> accounts)
    {
        LedgerCallInfo info = JsonSerializer.Deserialize(call, LedgerRecordJson.Default.LedgerCallInfo)!;
        LedgerRecordedSettlement? end = settlement is null ? null : JsonSerializer.Deserialize(settlement, LedgerRecordJson.Default.LedgerRecordedSettlement);
        long? charged = null;
        foreach ((string account, long amount) in accounts)
        {
            int first = account.IndexOf('/', StringComparison.Ordinal);
            if (first >= 0 && account.AsSpan(first + 1).StartsWith("usd/", StringComparison.Ordinal))
            {
                charged = Math.Max(charged ?? 0, amount);
            }
        }

        long amountOf = charged ?? (state == 0 ? info.ReservedNanoDollars : state == 3 ? 0 : end?.CostNanoDollars ?? 0);
        bool isCharged = state is 1 or 2 or 4;
        var moment = new DateTimeOffset(at, TimeSpan.Zero);
        return new SpendRecord
        {
            Id = new LedgerReservationId(Guid.Parse(callId), attempt, owner),
            State = States[state],
            Call = info,
            Attempts = state == RefusedState ? 0 : 1,
            Released = state == 3 ? 1 : 0,
            Refused = refused,
            Refusal = refusal is null ? null : JsonSerializer.Deserialize(refusal, LedgerRefusalJson.Default.SpendRefusal),
            Open = state == 0 ? 1 : 0,
            Unpriced = state is 1 or 2 && (end?.CostKind ?? CostKind.Unknown) == CostKind.Unknown && amountOf == 0 ? 1 : 0,
            Usage = end?.Usage ?? default,
            Spent = isCharged ? amountOf / 1_000_000_000m : 0m,
            Unconfirmed = state is 2 or 4 ? amountOf / 1_000_000_000m : 0m,
            Held = state == 0 ? amountOf / 1_000_000_000m : 0m,
            First = moment,
            Last = moment,
            SettledAt = end?.At,
            ResponseModelId = end?.ResponseModelId,
            Outcome = end?.Outcome,
            CostKind = end?.CostKind ?? default,
            PriceMatch = end?.PriceMatch ?? default,
            CostFlags = end?.CostFlags ?? default,
            PriceId = end?.PriceId,
            Accounts = accounts,
            Cursor = string.Create(CultureInfo.InvariantCulture, $"{at} {callId} {attempt} {storedOwner}"),
        };
    }

    /// <summary>Selects the attempts of one table, with the columns that are added up.</summary>
    private string Attempts(bool isHistory)
    {
        bool hasAccounts = SpendSums.AsksForAccounts(Query);

        // Of several records of one attempt (by a tracker and a run), the first owner's counts. A reservation that was added to it has the
        // same owner with a number; its charge counts, and the attempt does not count again.
        string isFirst = hasAccounts ? "1" : $"CASE WHEN {Position("r.owner", "#")} > 0 THEN 0 ELSE 1 END";
        string once = hasAccounts ? "" : $"""
             AND {(isHistory ? $"(r.state = {RefusedState} OR " : "(")}NOT EXISTS (SELECT 1 FROM {Table(isHistory)} o
                WHERE {(_isPostgreSql ? "o.ledger = r.ledger AND " : "")}o.call_id = r.call_id AND o.attempt = r.attempt AND o.call IS NOT NULL{(isHistory ? $" AND o.state <> {RefusedState}" : "")} AND {Owner("o")} < {Owner("r")}))
            """;
        string charged = hasAccounts ? "l.charged" : $"coalesce({ChargedDollars(isHistory)}, {Number("r.settlement ->> 'costNanoDollars'")}, 0)";
        string held = hasAccounts ? "l.reserved" : $"coalesce({Number("r.call ->> 'reservedNanoDollars'")}, 0)";
        return $"""
            SELECT {string.Concat(GroupsOf("r", isHistory, isNamed: true))}{(isHistory ? $"CASE WHEN r.state = {RefusedState} THEN 0 ELSE {isFirst} END" : isFirst)} AS first,
                {(isHistory ? "r.refused" : "0")} AS refused, r.state AS state, r.reserved_at AS at,
                coalesce(r.settlement ->> 'costKind', 'Unknown') AS priced,
                {Tokens("inputTokens")} AS input, {Tokens("cachedInputTokens")} AS cached, {Tokens("outputTokens")} AS output,
                {Tokens("reasoningTokens")} AS reasoning, {Tokens("cacheWriteTokens")} AS cache_write, {Tokens("cacheWriteOneHourTokens")} AS cache_write_hour,
                CASE WHEN r.state IN (1, 2, 4) THEN {charged} ELSE 0 END AS spent,
                CASE WHEN r.state = 0 THEN {held} ELSE 0 END AS held
            FROM {Table(isHistory)} r {(hasAccounts ? Lines(isHistory) : "")}
            WHERE {Conditions(isHistory)}{once}{(hasAccounts ? $" AND l.taken <> 0 AND {IsDollars("l.account")}" : "")}
            """;
    }

    /// <summary>The columns that the query groups by.</summary>
    private string[] GroupsOf(string table, bool isHistory, bool isNamed)
    {
        string[] groups = [
            .. Query.GroupBy.Any(SpendSums.IsTime) ? [$"{table}.reserved_at / {SpendRow.SlotTicks}"] : Array.Empty<string>(),
            .. SpendSums.AsksForAccounts(Query) ? ["l.account"] : Array.Empty<string>(),
            .. Query.GroupBy.Where(name => !SpendSums.IsTime(name) && !SpendSums.IsOfAccount(name)).Select(name => isNamed ? $"coalesce({Value(name, isHistory)}, '')" : "")];
        return isNamed ? [.. groups.Select((group, i) => $"{group} AS g{i}, ")] : groups;
    }

    private string Calls(string more, string order, bool isHistory)
    {
        string conditions = Conditions(isHistory);
        if (Query.Where.TryGetValue("budget", out string? budget))
        {
            string escaped = budget.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal).Replace("@", "%40", StringComparison.Ordinal);
            string account = Query.Where.TryGetValue("key", out string? key)
                ? $"l.account = {Add(LedgerAccountName.Escape($"{escaped}/usd/{key}"))}"
                : $"substr(l.account, 1, {LedgerAccountName.Escape(escaped).Length + 5}) = {Add(LedgerAccountName.Escape(escaped) + "/usd/")}";
            conditions += $" AND EXISTS (SELECT 1 FROM {(_isPostgreSql ? "unnest(r.names, r.taken) l(account, taken)" : LinesTable(isHistory) + " l")} WHERE {(_isPostgreSql ? "" : "l.reservation = r.key AND ")}l.taken <> 0 AND {account})";
        }

        if (Query.After is { } after)
        {
            string[] parts = after.Split(' ', 4);
            if (parts.Length != 4 || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out long at) || !Guid.TryParse(parts[1], out Guid call) || !long.TryParse(parts[2], CultureInfo.InvariantCulture, out long attempt))
            {
                throw new ArgumentException($"The cursor '{after}' is none of this query. Use the Cursor of a record of the page before.");
            }

            string id = Add(call.ToString("D"));
            conditions += $" AND (r.reserved_at, r.call_id, r.attempt, r.owner) < ({Add(at)}, {(_isPostgreSql ? $"CAST({id} AS uuid)" : id)}, {Add(attempt)}, {Add(parts[3])})";
        }

        string text = _isPostgreSql ? "::text" : "";
        return $"""
            SELECT r.call_id AS call_id, r.attempt AS attempt, r.owner AS owner, r.state AS state, r.reserved_at AS reserved_at, r.call{text} AS call, r.settlement{text} AS settlement,
                {(isHistory ? $"r.refusal{text}" : _isPostgreSql ? "NULL::text" : "NULL")} AS refusal, {(isHistory ? "r.refused" : _isPostgreSql ? "0::bigint" : "0")} AS refused, {more},
                {(isHistory ? "1" : "0")} AS is_history
            FROM {Table(isHistory)} r WHERE {conditions}
            {order}
            """;
    }

    private string Table(bool isHistory) => _schema + (isHistory ? "history" : "reservations");

    private static string LinesTable(bool isHistory) => isHistory ? "history_lines" : "lines";

    private string Conditions(bool isHistory)
    {
        var conditions = new StringBuilder();
        conditions.Append(CultureInfo.InvariantCulture, $"r.call IS NOT NULL AND r.reserved_at >= {Add(Query.From.UtcTicks)} AND r.reserved_at < {Add(Query.To.UtcTicks)}");
        if (_isPostgreSql)
        {
            conditions.Append(CultureInfo.InvariantCulture, $" AND r.ledger = {Add((long)_ledger)}");
        }

        foreach ((string name, string value) in Query.Where)
        {
            if (name == "call")
            {
                string id = Add(Guid.Parse(value).ToString("D"));
                conditions.Append(CultureInfo.InvariantCulture, $" AND r.call_id = {(_isPostgreSql ? $"CAST({id} AS uuid)" : id)}");
            }
            else if (!SpendSums.IsOfAccount(name))
            {
                conditions.Append(CultureInfo.InvariantCulture, $" AND coalesce({Value(name, isHistory)}, '') = {Add(value)}");
            }
        }

        return conditions.ToString();
    }

    private string Add(object value)
    {
        Parameters.Add(value);
        return $"${Parameters.Count}";
    }

    /// <summary>The value of a group or filter.</summary>
    private string Value(string name, bool isHistory) => name switch
    {
        "model" => "(r.call ->> 'modelId')",
        "provider" => "(r.call ->> 'provider')",
        "route" => "(r.call ->> 'route')",
        "class" => "(r.call ->> 'modelClass')",
        "free" => "CASE WHEN (r.call ->> 'isFree') IS NOT NULL THEN 'yes' END",
        "run" => "(r.call ->> 'runId')",
        "call" => _isPostgreSql ? "r.call_id::text" : "r.call_id",
        "outcome" => $"coalesce(r.settlement ->> 'outcome', CASE r.state WHEN 0 THEN 'open' WHEN 1 THEN 'settled' WHEN 2 THEN 'unconfirmed' WHEN 3 THEN 'released' WHEN 4 THEN 'expired' WHEN {RefusedState} THEN 'refused' END)",
        "response" => "(r.settlement ->> 'responseModelId')",
        "tier" => "(r.settlement -> 'usage' ->> 'serviceTier')",
        "price" => "(r.settlement ->> 'priceId')",
        "fallback" => "CASE WHEN (r.call ->> 'fallbackFrom') IS NOT NULL THEN 'yes' END",
        "from" => "(r.call ->> 'fallbackFrom')",
        "cause" => isHistory ? "coalesce(r.refusal ->> 'reason', r.call ->> 'fallbackReason')" : "(r.call ->> 'fallbackReason')",
        _ when _isPostgreSql => $"(r.call -> 'tags' ->> {Add(name[4..])})",
        _ => $"(SELECT t.value FROM json_each(r.call, '$.tags') t WHERE t.key = {Add(name[4..])})",
    };

    private string ChargedDollars(bool isHistory) => _isPostgreSql
        ? $"(SELECT max(l.charged) FROM unnest(r.names, r.charged, r.taken) l(account, charged, taken) WHERE l.taken <> 0 AND {IsDollars("l.account")})"
        : $"(SELECT max(l.charged) FROM {LinesTable(isHistory)} l WHERE l.reservation = r.key AND l.taken <> 0 AND {IsDollars("l.account")})";

    private string Lines(bool isHistory) => _isPostgreSql
        ? "CROSS JOIN LATERAL unnest(r.names, r.charged, r.reserved, r.taken) l(account, charged, reserved, taken)"
        : $"JOIN {LinesTable(isHistory)} l ON l.reservation = r.key";

    /// <summary>True for the account of a dollar budget that is not a shadow.</summary>
    private string IsDollars(string account) => $"substr({account}, {Position(account, "/")} + 1, 4) = 'usd/'";

    private string Position(string text, string part) => _isPostgreSql ? $"strpos({text}, '{part}')" : $"instr({text}, '{part}')";

    /// <summary>An owner without the number of an added reservation.</summary>
    private string Owner(string table) => $"CASE WHEN {Position(table + ".owner", "#")} > 0 THEN substr({table}.owner, 1, {Position(table + ".owner", "#")} - 1) ELSE {table}.owner END{(_isPostgreSql ? " COLLATE \"C\"" : "")}";

    private static string Number(string json) => $"CAST(({json}) AS BIGINT)";

    private static string Tokens(string name) => $"coalesce({Number($"r.settlement -> 'usage' ->> '{name}'")}, 0)";

    /// <summary>A sum that stops at the largest number; PostgreSQL adds up exactly, SQLite's own limit is that number.</summary>
    private string Sum(string column) => _isPostgreSql ? $"least(coalesce(sum({column}), 0), 9223372036854775807)::bigint" : $"coalesce(sum({column}), 0)";
}
