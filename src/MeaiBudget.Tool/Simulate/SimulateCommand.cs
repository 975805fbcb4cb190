using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget simulate</c>: replays recorded calls with other budgets and prices.</summary>
internal static class SimulateCommand
{
    /// <summary>The exit code if more calls were refused than accepted by --fail-if-refused.</summary>
    private const int TooManyRefused = 1;

    /// <summary>The maximum number of keys in the table. The output of --json contains all keys.</summary>
    private const int MostKeys = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var ledger = new Option<string>("--ledger") { Description = "The SQLite ledger file whose calls are replayed.", Required = true };
        var config = new Option<string>("--config") { Description = "The budgets and prices to try. " + BudgetPlan.Description, Required = true };
        var threshold = new Option<string?>("--fail-if-refused") { Description = "Exit with 1 if more calls are refused: a share such as 0.5%, or a number." };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of tables." };
        var command = new Command("simulate", "Replays recorded calls with other budgets and prices.") { ledger, config, threshold, json };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            RefusalThreshold? most = parsed.GetValue(threshold) is { } text ? RefusalThreshold.Parse(text) : null;
            BudgetPlan plan = await BudgetPlan.ReadAsync(parsed.GetRequiredValue(config), cancellationToken);
            SqliteSpendRecords records = LedgerCommand.Open(parsed.GetRequiredValue(ledger));
            SimulationResult result = await ToolProgress.RunAsync("Replaying", "attempts", progress => new Simulation(plan).ReplayAsync(
                records.ReadRecordsAsync(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, cancellationToken), progress));
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(result, Json));
            }
            else
            {
                Write(ToolConsole.Create(output), result);
            }

            if (most?.IsPassed(result) == true)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"{ReportText.Number(result.Refused)} of {ReportText.Number(result.Calls)} calls would be refused ({Percent(result.RefusedShare)}), more than {parsed.GetValue(threshold)}.");
                return TooManyRefused;
            }

            return 0;
        }));
        return command;
    }

    private static void Write(IAnsiConsole console, SimulationResult result)
    {
        console.WriteLine($"{ReportText.Number(result.Calls)} calls: {ReportText.Number(result.Refused)} refused ({Percent(result.RefusedShare)}), {ReportText.Number(result.Switched)} answered by another route");
        console.WriteLine($"  {ReportText.Number(result.Waited)} attempts waited for others, {ReportText.Number(result.Lowered)} with a lower output limit, {ReportText.Number(result.Shortened)} answers truncated");
        console.WriteLine($"  {result.Spend.ToString("N4", CultureInfo.InvariantCulture)} USD instead of {result.RecordedSpend.ToString("N4", CultureInfo.InvariantCulture)} USD");
        var table = new ConsoleTable("budget", "refused", "would refuse", "keys affected", "overruns");
        foreach (SimulatedBudget budget in result.Budgets)
        {
            table.AddRow(budget.Budget, ReportText.Number(budget.Refused), ReportText.Number(budget.WouldHaveRefused), ReportText.Number(budget.Keys.Count), ReportText.Number(budget.Overruns));
        }

        console.Write(table);
        foreach (SimulatedBudget budget in result.Budgets.Where(budget => budget.Keys.Count > 0))
        {
            foreach (SimulatedKey key in budget.Keys.Take(MostKeys))
            {
                console.WriteLine($"  {budget.Budget} {ReportText.Key(key.Key)}: {ReportText.Number(key.Refused)}, the first at {ReportText.Time(key.First)}");
            }
        }
    }

    private static string Percent(decimal share) => share.ToString("P2", CultureInfo.InvariantCulture);
}
