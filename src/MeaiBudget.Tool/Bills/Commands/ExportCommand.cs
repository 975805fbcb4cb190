using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget export</c>: writes a ledger's attempts for other tools.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Argument<string> ledger = BillCommand.Ledger();
        Option<string> name = BillCommand.Name();
        Option<string?> from = BillCommand.From();
        Option<string?> to = BillCommand.To();
        var format = new Option<string>("--format") { Description = "focus: rows of FOCUS 1.2 by day, model and kind of token; csv or json: each attempt.", Required = true };
        format.AcceptOnlyFromAmong("focus", "csv", "json");
        var file = new Option<string?>("--output") { Description = "The file to write; the console by default." };
        var account = new Option<string>("--account") { Description = "FOCUS's BillingAccountId (unknown).", DefaultValueFactory = _ => "unknown" };
        var accountName = new Option<string?>("--account-name") { Description = "FOCUS's BillingAccountName." };
        var prices = new Option<string?>("--prices") { Description = "A price file over the package's catalog, for the list costs of FOCUS." };
        var command = new Command("export", "Writes a ledger's attempts as FOCUS rows, comma-separated values or JSON lines.") { ledger, name, from, to, format, file, account, accountName, prices };
        command.SetAction((parsed, cancellationToken) => BillCommand.RunAsync(parsed, async output =>
        {
            string asked = parsed.GetRequiredValue(format);
            DateTimeOffset first = BillCommand.Moment(parsed.GetValue(from), "--from") ?? DateTimeOffset.MinValue;
            DateTimeOffset end = BillCommand.Moment(parsed.GetValue(to), "--to") ?? DateTimeOffset.MaxValue;
            PriceCatalog catalog = parsed.GetValue(prices) is { } own ? PriceCatalog.Default.With(PriceCatalog.Load(own)) : PriceCatalog.Default;
            await using ReadableLedger opened = await ReadableLedger.OpenAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), writes: false, cancellationToken);
            await using StreamWriter? written = parsed.GetValue(file) is { } path ? new StreamWriter(path) : null;
            TextWriter target = written ?? output;
            long count = await ToolProgress.RunAsync("Exporting", "attempts", async progress =>
            {
                var focus = new FocusExport(catalog, parsed.GetRequiredValue(account), parsed.GetValue(accountName));
                using AttemptExport? single = asked == "focus" ? null : new AttemptExport(target, asked == "json");
                long read = 0;
                await foreach (BookedAttempt attempt in BookedAttempt.ReadAsync(opened.History, first, end, cancellationToken))
                {
                    if (single is null)
                    {
                        focus.Add(attempt);
                    }
                    else
                    {
                        single.Add(attempt);
                    }

                    if (++read % 10_000 == 0)
                    {
                        progress?.Report(read);
                    }
                }

                if (single is null)
                {
                    focus.Write(target);
                }

                return read;
            });
            if (parsed.GetValue(file) is { } done)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFullPath(done)}: {count:N0} attempts."));
            }

            return 0;
        }));
        return command;
    }
}
