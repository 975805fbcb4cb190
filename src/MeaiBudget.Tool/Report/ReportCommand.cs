using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget report</c>: reports the spend in a ledger file.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("LEDGER") { Description = "The SQLite ledger file; it may be in use." };
        var by = new Option<string[]>("--by")
        {
            Description = "month, day, hour, model, provider, route, class, run, outcome, budget, key or tag:NAME; may be given more than once.",
            DefaultValueFactory = _ => [],
        };
        var from = new Option<string?>("--from") { Description = "The first day or time, e.g. 2026-05-01 or 2026-05-01T12:00Z." };
        var to = new Option<string?>("--to") { Description = "The day or time after the last." };
        var zone = new Option<string?>("--time-zone") { Description = "The time zone of days, e.g. Europe/Berlin (UTC)." };
        var config = new Option<string?>("--config") { Description = "Compares the spend with these budgets. " + BudgetPlan.Description };
        var html = new Option<string?>("--html") { Description = "Write a self-contained HTML page with charts to this file." };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of tables." };
        var csv = new Option<bool>("--csv") { Description = "Write comma-separated values instead of tables." };
        var command = new Command("report", "Reports spend by day, model, provider, route or tag from a ledger file.") { file, by, from, to, zone, config, html, json, csv };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(csv))
            {
                result.AddError("--json and --csv cannot be combined.");
            }
        });
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            TimeZoneInfo timeZone = BudgetEntry.Zone(parsed.GetValue(zone));
            string[] names = parsed.GetValue(by) is { Length: > 0 } given ? given : parsed.GetValue(html) is null ? ["day", "model"] : ["day", "model", "provider", "route"];
            string[] groupings = [.. names.Distinct()];
            var query = new SpendQuery
            {
                From = Moment(parsed.GetValue(from), timeZone, "--from") ?? DateTimeOffset.MinValue,
                To = Moment(parsed.GetValue(to), timeZone, "--to") ?? DateTimeOffset.MaxValue,
                TimeZone = timeZone,
            };
            (query with { GroupBy = groupings }).Validate();
            Budget[] budgets = parsed.GetValue(config) is { } path ? [.. (await BudgetPlan.ReadAsync(path, cancellationToken)).Budgets] : [];
            SpendReport report = await ToolProgress.RunAsync(
                "Reading the ledger", "attempts", progress => SpendReport.ReadAsync(parsed.GetRequiredValue(file), query, groupings, budgets, progress, cancellationToken));
            if (parsed.GetValue(html) is { } page)
            {
                await File.WriteAllTextAsync(page, ReportPage.Write(report), cancellationToken);
            }

            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(ReportJson.Write(report));
            }
            else if (parsed.GetValue(csv))
            {
                await output.WriteAsync(ReportCsv.Write(report));
            }
            else if (parsed.GetValue(html) is { } written)
            {
                await output.WriteLineAsync($"{Path.GetFullPath(written)}: {ReportText.Number(report.Total.Attempts)} attempts, {ReportText.Dollars(report.Total.Spent)} USD");
            }
            else
            {
                ReportTables.Write(ToolConsole.Create(output), report);
            }

            return 0;
        }));
        return command;
    }

    /// <summary>Parses a day or a time. Without an offset it is in the given time zone.</summary>
    private static DateTimeOffset? Moment(string? text, TimeZoneInfo timeZone, string option)
    {
        if (text is null)
        {
            return null;
        }

        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time))
        {
            throw new ArgumentException($"{option}: '{text}' is not a day or time. Use 2026-05-01 or 2026-05-01T12:00:00Z.");
        }

        return time.Kind == DateTimeKind.Unspecified ? new DateTimeOffset(time, timeZone.GetUtcOffset(time)) : new DateTimeOffset(time);
    }
}
