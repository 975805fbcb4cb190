using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget reprice</c>: what the recorded usage costs under another catalog.</summary>
internal static class RepriceCommand
{
    public static Command Create()
    {
        Argument<string> ledger = BillCommand.Ledger();
        Option<string> name = BillCommand.Name();
        var catalog = new Option<string>("--catalog") { Description = "A price file over the package's catalog, or 'default' for that one alone.", Required = true };
        Option<string?> from = BillCommand.From();
        Option<string?> to = BillCommand.To();
        var by = new Option<string>("--by") { Description = "day, model, provider or tag:NAME (model).", DefaultValueFactory = _ => "model" };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of a table." };
        var apply = new Option<bool>("--apply") { Description = "Replace the charges in the ledger. Applying twice changes nothing." };
        AccountsOptions accounts = new();
        var command = new Command("reprice", "Computes what the recorded usage costs under another catalog: a correction, a negotiated price, next year's list.") { ledger, name, catalog, from, to, by, json, apply, accounts.Ledger, accounts.Name, accounts.Config };
        command.Validators.Add(result =>
        {
            if (result.GetValue(by) is { } text && text is not ("day" or "model" or "provider") && !(text.StartsWith("tag:", StringComparison.Ordinal) && text.Length > 4))
            {
                result.AddError($"--by: '{text}' is unknown. Use day, model, provider or tag:NAME.");
            }
        });
        command.SetAction((parsed, cancellationToken) => BillCommand.RunAsync(parsed, async output =>
        {
            string file = parsed.GetRequiredValue(catalog);
            PriceCatalog prices = file == "default" ? PriceCatalog.Default : PriceCatalog.Default.With(PriceCatalog.Load(file));
            var repricing = new Repricing(prices, parsed.GetRequiredValue(by));
            DateTimeOffset first = BillCommand.Moment(parsed.GetValue(from), "--from") ?? DateTimeOffset.MinValue;
            DateTimeOffset end = BillCommand.Moment(parsed.GetValue(to), "--to") ?? DateTimeOffset.MaxValue;
            await using ReadableLedger opened = await accounts.OpenAsync(parsed, parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), parsed.GetValue(apply), cancellationToken);
            await ToolProgress.RunAsync("Computing prices", "attempts", async progress =>
            {
                long read = 0;
                await foreach (BookedAttempt attempt in BookedAttempt.ReadAsync(opened.History, first, end, cancellationToken))
                {
                    if (repricing.Add(attempt) is { } repriced && opened.Ledger is not null)
                    {
                        await repricing.ApplyAsync(opened, attempt, repriced, cancellationToken);
                    }

                    if (++read % 10_000 == 0)
                    {
                        progress?.Report(read);
                    }
                }

                return read;
            });
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(new
                {
                    charged = repricing.Charged,
                    repriced = repricing.Repriced,
                    withoutPrice = repricing.WithoutPrice,
                    changed = repricing.Changed,
                    accountsAdjusted = opened.Accounts?.Adjusted,
                    groups = repricing.Groups.Select(group => new { group = group.Group, attempts = group.Attempts, charged = group.Charged, repriced = group.Repriced }),
                }));
                return 0;
            }

            var table = new ConsoleTable(parsed.GetRequiredValue(by), "attempts", "charged, USD", "repriced, USD", "difference");
            foreach ((string group, long attempts, decimal charged, decimal repriced) in repricing.Groups.Append(("total", repricing.Groups.Sum(group => group.Attempts), repricing.Charged, repricing.Repriced)))
            {
                table.AddRow(group, attempts.ToString("N0", CultureInfo.InvariantCulture), Dollars(charged), Dollars(repriced), Dollars(repriced - charged));
            }

            IAnsiConsole console = ToolConsole.Create(output);
            console.Write(table);
            if (repricing.WithoutPrice > 0)
            {
                console.Write(new Text(string.Create(CultureInfo.InvariantCulture, $"{repricing.WithoutPrice:N0} attempts have no price in the catalog and keep their charge.\n")));
            }

            if (parsed.GetValue(apply))
            {
                console.Write(new Text(string.Create(CultureInfo.InvariantCulture, $"The charge of {repricing.Changed:N0} attempts was replaced.\n")));
            }

            if (opened.Accounts is not null)
            {
                console.Write(new Text($"{opened.Accounts}\n"));
            }

            return 0;
        }));
        return command;
    }

    private static string Dollars(decimal amount) => amount.ToString("N6", CultureInfo.InvariantCulture);
}
