using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget watch</c>: shows the budgets of a ledger while they change.</summary>
internal static class WatchCommand
{
    /// <summary>The lines of a terminal that are not budgets: header, names of columns, notes, the prompt.</summary>
    private const int OtherLines = 6;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Command Create()
    {
        var ledger = new Argument<string>("LEDGER") { Description = LedgerAddress.Description + " A ledger in memory can be seen only by its process." };
        var name = new Option<string>("--name") { Description = "The ledger's name on Redis or PostgreSQL (default).", DefaultValueFactory = _ => "default" };
        var config = new Option<string?>("--config", "-c") { Description = $"Limits and periods. {BudgetPlan.Description} Without it: {AppConfiguration.UsualFile} in this folder, else the ledger's own limits." };
        var interval = new Option<double>("--interval") { Description = "Seconds between two reads, from 0.2 to 3600 (2).", DefaultValueFactory = _ => 2 };
        var top = new Option<int>("--top") { Description = "The most keys of each budget, those with the largest spend, from 1 to 10000 (50).", DefaultValueFactory = _ => 50 };
        var once = new Option<bool>("--once") { Description = "Read once and exit." };
        var json = new Option<bool>("--json") { Description = "Write a line of JSON for each read." };
        interval.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && (!double.TryParse(given.Value, CultureInfo.InvariantCulture, out double seconds) || seconds is not (>= 0.2 and <= 3600)))
            {
                result.AddError("--interval must be a number of seconds from 0.2 to 3600.");
            }
        });
        top.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && (!int.TryParse(given.Value, CultureInfo.InvariantCulture, out int most) || most is not (>= 1 and <= 10_000)))
            {
                result.AddError("--top must be a whole number from 1 to 10000.");
            }
        });
        var command = new Command("watch", "Shows the budgets of a ledger while they change, the one that needs attention most first, until Ctrl-C. In a pipe or a file it writes a line for each change.")
        {
            ledger, name, config, interval, top, once, json,
        };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            string? file = parsed.GetValue(config) ?? AppConfiguration.InCurrentFolder();
            IReadOnlyList<Budget> budgets = file is null ? [] : (await BudgetPlan.ReadAsync(file, cancellationToken)).Budgets;
            ISpendLedger opened = await LedgerCommand.OpenLedgerAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), cancellationToken);
            try
            {
                var watch = new LedgerWatch(opened, budgets, parsed.GetValue(top));
                string header = $"{opened.Name}{(file is null ? "" : $", limits of {Path.GetFileName(file)}")}";
                var pause = TimeSpan.FromSeconds(parsed.GetValue(interval));
                if (parsed.GetValue(json))
                {
                    await WriteLinesAsync(watch, opened, output, pause, parsed.GetValue(once), WriteJson, cancellationToken);
                }
                else if (parsed.GetValue(once))
                {
                    IReadOnlyList<WatchedBudget> read = await watch.ReadAsync(cancellationToken);
                    IAnsiConsole console = ToolConsole.Create(output);
                    console.Write(WatchView.Table(read, header, WatchView.NoteOf(watch), opened.Clock.GetUtcNow(), console.Profile.Width, int.MaxValue));
                    console.WriteLine();
                }
                else if (ToolConsole.IsTerminal(output))
                {
                    await ShowAsync(ToolConsole.Create(output), watch, opened, header, pause, cancellationToken);
                }
                else
                {
                    await WriteLinesAsync(watch, opened, output, pause, isOnce: false, WriteChanges([]), cancellationToken);
                }

                return 0;
            }
            finally
            {
                (opened as IDisposable)?.Dispose();
            }
        }));
        return command;
    }

    /// <summary>Refreshes a table in place. While the ledger cannot be read, the last table stays, with the reason.</summary>
    private static Task ShowAsync(IAnsiConsole console, LedgerWatch watch, ISpendLedger ledger, string header, TimeSpan pause, CancellationToken cancellationToken) =>
        console.Live(new Text("Reading the ledger...")).AutoClear(false).StartAsync(async live =>
        {
            IReadOnlyList<WatchedBudget> read = [];
            while (true)
            {
                string note = "";
                try
                {
                    read = await watch.ReadAsync(cancellationToken);
                    note = WatchView.NoteOf(watch);
                }
                catch (SpendLedgerException exception)
                {
                    note = $"The ledger cannot be read, trying again: {exception.Message}";
                }

                DateTimeOffset now = ledger.Clock.GetUtcNow();
                live.UpdateTarget(WatchView.Table(
                    read, string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm:ss}Z  {header}"), note, now, console.Profile.Width, Math.Max(3, console.Profile.Height - OtherLines)));
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }
        });

    private static async Task WriteLinesAsync(
        LedgerWatch watch, ISpendLedger ledger, TextWriter output, TimeSpan pause, bool isOnce, Action<TextWriter, IReadOnlyList<WatchedBudget>, DateTimeOffset> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            write(output, await watch.ReadAsync(cancellationToken), ledger.Clock.GetUtcNow());
            await output.FlushAsync(cancellationToken);
            if (isOnce)
            {
                return;
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Writes a line for each budget, and then only for those that changed.</summary>
    private static Action<TextWriter, IReadOnlyList<WatchedBudget>, DateTimeOffset> WriteChanges(Dictionary<(string, string, BudgetUnit), WatchedBudget> written) => (output, read, now) =>
    {
        foreach (WatchedBudget budget in read)
        {
            (string, string, BudgetUnit) identity = (budget.Budget, budget.Key, budget.Unit);
            if (written.GetValueOrDefault(identity) != budget)
            {
                written[identity] = budget;
                output.WriteLine(WatchView.Line(budget, now));
            }
        }
    };

    private static void WriteJson(TextWriter output, IReadOnlyList<WatchedBudget> read, DateTimeOffset now) => output.WriteLine(JsonSerializer.Serialize(
        new
        {
            at = now,
            budgets = read.Select(one => new
            {
                budget = one.Budget,
                key = one.Key,
                unit = one.Unit.ToString().ToLowerInvariant(),
                spent = Value(one, one.Spent),
                held = Value(one, one.Held),
                limit = Value(one, one.Limit),
                share = one.Share,
                state = one.State,
                period = one.Period,
                resetsAt = one.ResetsAt,
            }),
        },
        Json));

    private static decimal? Value(WatchedBudget budget, long? amount) => budget.Unit == BudgetUnit.Dollars ? amount / 1_000_000_000m : amount;
}
