namespace MeaiBudget;

/// <summary>The ledgers, the prices, what fires, and who changed what.</summary>
internal static class HealthPage
{
    private const int MostLimits = 200;

    public static async Task<ConsolePage> RenderAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        IReadOnlyList<ConsoleHealth> health = await data.HealthAsync(cancellationToken);
        IReadOnlyList<AuditEntry> audit = [];
        IReadOnlyList<KeyValuePair<string, string>> alerts = [];
        IReadOnlyList<ConsoleLimit> limits = [];
        try
        {
            audit = [.. (await data.SettingsAsync(AuditEntry.Prefix, cancellationToken)).Select(setting => AuditEntry.TryParse(setting.Key, setting.Value)).OfType<AuditEntry>()];
            alerts = await data.SettingsAsync(AlertState.Prefix, cancellationToken);
            limits = await data.LimitsAsync(cancellationToken);
        }
        catch (SpendLedgerException)
        {
            // The table of ledgers says that one is away.
        }

        return new ConsolePage("Health", "health", [
            new PageTable(
                "ledgers", "Ledgers and prices",
                ConsoleParts.Head(("Tracker", false), ("Ledger", false), ("State", false), ("Answered in", true), ("Settlements that wait", true), ("History", false), ("Prices", false), ("Age", true)),
                [.. health.Select((one, i) => new PageRow($"l-{i}", Html.Of($"""
                    <tr id="l-{i}"><td class="long">{one.Tracker}</td><td class="long">{one.Ledger}</td><td class="long">{(one.IsHealthy ? ConsoleParts.Badge("Healthy", "ok") : Html.Of($"{ConsoleParts.Badge("Away", "over")} {one.Problem}"))}</td>{ConsoleParts.Number(one.IsHealthy ? ConsoleText.Length(one.Answered) : ConsoleText.None)}{ConsoleParts.Number(ConsoleText.Count(one.Outbox))}<td>{(one.KeepsHistory ? "kept" : "not kept")}</td><td class="long">{one.Prices}{(one.PricesAsOf is { } day ? $" of {day:yyyy-MM-dd}" : "")}</td>{ConsoleParts.Number(ConsoleText.Length(one.PricesAge))}</tr>
                    """)))],
                "No CostTracker is registered.")
            {
                Csv = request.Url("api/health", ("format", "csv")),
            },
            new PageBlock("alerts-head", Html.Of($"<h2>Alerts that fire</h2>")),
            new PageTable(
                "alerts", "Alerts that fire",
                ConsoleParts.Head(("Since", false), ("Alert", false), ("Text", false)),
                [.. alerts.Select(setting => AlertState.TryParse(setting.Key, setting.Value)).OfType<AlertState>().OrderByDescending(alert => alert.Since).Select(alert => new PageRow(ConsoleParts.RowId("al", alert.Id), Html.Of($"""
                    <tr id="{ConsoleParts.RowId("al", alert.Id)}"><td>{ConsoleText.Moment(alert.Since, data.Zone)}</td><td>{ConsoleParts.Badge(alert.Rule, "over")}</td><td class="text">{alert.Text}</td></tr>
                    """)))],
                "No alert fires.")
            {
                Csv = request.Url("api/alerts", ("format", "csv")),
            },
            new PageBlock("limits-head", Html.Of($"<h2>Stops and limits in force</h2>")),
            new PageTable(
                "limits", "Stops and limits in force",
                ConsoleParts.Head(("Budget", false), ("Key", false), ("State", false), ("Since", false), ("Reason", false), ("", false)),
                [.. limits.Take(MostLimits).Select(limit => new PageRow(ConsoleParts.RowId("li", limit.Name), Html.Of($"""
                    <tr id="{ConsoleParts.RowId("li", limit.Name)}"><td class="long">{limit.Budget}</td><td class="long"><bdi>{limit.Key}</bdi></td><td>{(limit.Amount is { } amount ? Html.Of($"Limit {ConsoleText.Money(amount)}") : ConsoleParts.Badge("Stopped", "over"))}</td><td>{ConsoleText.Moment(limit.At, data.Zone)}</td><td class="text"><bdi>{limit.Reason}</bdi></td><td>{(data.TrackerOf(limit.Budget) is >= 0 and int tracker ? ConsoleParts.Actions(request, tracker, limit.Budget, limit.Key, limit.IsStop) : Html.Empty)}</td></tr>
                    """)))],
                "Nothing is stopped, and no limit is set in a ledger.")
            {
                Csv = request.Url("api/limits", ("format", "csv")),
            },
            new PageBlock("audit-head", Html.Of($"<h2>Changes</h2>")),
            new PageTable(
                "audit", "Changes by operators",
                ConsoleParts.Head(("Time", false), ("User", false), ("Change", false), ("Reason", false)),
                [.. audit.Take(AuditEntry.Most).Select(entry => new PageRow(ConsoleParts.RowId("au", entry.Id), Html.Of($"""
                    <tr id="{ConsoleParts.RowId("au", entry.Id)}"><td>{ConsoleText.Moment(entry.At, data.Zone)}</td><td class="long"><bdi>{entry.User}</bdi></td><td class="text">{entry.What}</td><td class="text">{entry.Reason}</td></tr>
                    """)))],
                "Nobody has changed anything.")
            {
                Csv = request.Url("api/audit", ("format", "csv")),
            }]);
    }
}
