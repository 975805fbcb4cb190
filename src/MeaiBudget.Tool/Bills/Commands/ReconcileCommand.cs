using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget reconcile</c>: compares a ledger with what providers billed, and corrects it.</summary>
internal static class ReconcileCommand
{
    public static Command Create(TimeProvider? timeProvider = null)
    {
        TimeProvider clock = timeProvider ?? TimeProvider.System;
        Argument<string> ledger = BillCommand.Ledger();
        var bills = new Argument<string[]>("BILL") { Description = $"Files or folders: {BillFile.Formats}.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> name = BillCommand.Name();
        Option<string?> from = BillCommand.From();
        Option<string?> to = BillCommand.To();
        var tolerance = new Option<string?>("--tolerance") { Description = "How much a line may differ: 0.05 (USD), 0.5%, or the larger of both: 0.05,0.5% (0.01,0.1%)." };
        var rates = new Option<string[]>("--rate") { Description = "US dollars for one unit of another currency of a bill: EUR=1.08.", DefaultValueFactory = _ => [] };
        var provider = new Option<string?>("--provider") { Description = "The ledger's provider that the bills are about, where they name another." };
        var map = new Option<string?>("--map") { Description = "A JSON object that gives items of a bill (meter ids, usage types) their model." };
        var prices = new Option<string?>("--prices") { Description = "A price file over the package's catalog, for names of models and fees of tools." };
        var projectTag = new Option<string?>("--project-tag") { Description = "The tag of calls that has the bill's project or workspace, to compare each." };
        var keyTag = new Option<string?>("--key-tag") { Description = "The tag of calls that has the id of the bill's API key, to compare each." };
        var projects = new Option<string[]>("--project") { Description = "Compare this project or workspace of the bill only; may be given more than once.", DefaultValueFactory = _ => [] };
        var keys = new Option<string[]>("--key") { Description = "Compare this API key of the bill only; may be given more than once.", DefaultValueFactory = _ => [] };
        var fetch = new Option<string?>("--fetch") { Description = "Fetch the bill of openai or anthropic for --from and --to, with the admin key in OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY." };
        var endpoint = new Option<string?>("--endpoint") { Description = "The URL to fetch from, instead of the provider's own." };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of tables." };
        var csv = new Option<bool>("--csv") { Description = "Write comma-separated values instead of tables." };
        var html = new Option<string?>("--html") { Description = "Write a self-contained HTML page with charts to this file." };
        var apply = new Option<bool>("--apply") { Description = "Correct the ledger, so that it equals the bills. Applying twice changes nothing." };
        var includeOpen = new Option<bool>("--include-open") { Description = "With --apply, also correct days that the provider may still revise (48 hours)." };
        AccountsOptions accounts = new();
        var command = new Command("reconcile", "Compares a ledger with bills by day, model and tier, and says why they differ. The exit code is 1 if they differ by more than the tolerance, 2 if something cannot be read.")
        {
            ledger, bills, name, from, to, tolerance, rates, provider, map, prices, projectTag, keyTag, projects, keys, fetch, endpoint, json, csv, html, apply, includeOpen, accounts.Ledger, accounts.Name, accounts.Config,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(csv))
            {
                result.AddError("--json and --csv cannot be combined.");
            }

            if (result.GetValue(bills) is not { Length: > 0 } && result.GetValue(fetch) is null)
            {
                result.AddError("Name the files of a bill, or --fetch one.");
            }
        });
        command.SetAction((parsed, cancellationToken) => BillCommand.RunAsync(parsed, async output =>
        {
            var options = new ReconcileOptions
            {
                Now = clock.GetUtcNow(),
                Catalog = parsed.GetValue(prices) is { } file ? PriceCatalog.Default.With(PriceCatalog.Load(file)) : PriceCatalog.Default,
                From = BillCommand.Day(parsed.GetValue(from), "--from"),
                To = BillCommand.Day(parsed.GetValue(to), "--to"),
                Tolerance = ReconcileTolerance.Parse(parsed.GetValue(tolerance)),
                ProjectTag = parsed.GetValue(projectTag),
                KeyTag = parsed.GetValue(keyTag),
                Projects = parsed.GetRequiredValue(projects).ToHashSet(StringComparer.Ordinal),
                Keys = parsed.GetRequiredValue(keys).ToHashSet(StringComparer.Ordinal),
            };
            if (options.To <= options.From)
            {
                throw new ArgumentException($"--to: {options.To:yyyy-MM-dd} is not after --from, {options.From:yyyy-MM-dd}. It is the day after the last one.");
            }

            var sums = new BillSums(BillCommand.Rates(parsed.GetRequiredValue(rates)), options.Projects, options.Keys, ProviderNames.Canonical(parsed.GetValue(provider)));
            BillItems items = parsed.GetValue(map) is { } path ? BillItems.Load(path) : BillItems.None;
            string[] files = parsed.GetValue(bills) ?? [];
            await ToolProgress.RunAsync("Reading the bills", "files", async progress =>
            {
                for (int i = 0; i < files.Length; i++)
                {
                    progress?.Report(i);
                    await BillFile.ReadAsync(files[i], sums, items, cancellationToken);
                }

                return files.Length;
            });

            if (parsed.GetValue(fetch) is { } of)
            {
                using var client = new BillClient(of, parsed.GetValue(endpoint), clock);
                await client.ReadAsync(
                    options.From ?? throw new ArgumentException("--fetch needs --from and --to."), options.To ?? throw new ArgumentException("--fetch needs --from and --to."), sums, items, cancellationToken);
            }

            sums.CheckPages();
            await using ReadableLedger opened = await accounts.OpenAsync(parsed, parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), parsed.GetValue(apply), cancellationToken);
            Reconciliation found = await ToolProgress.RunAsync("Reading the ledger", "attempts", progress => Reconciliation.RunAsync(opened.History, sums, options, progress, cancellationToken));
            if (parsed.GetValue(apply))
            {
                var corrections = new BillCorrections(opened, found, parsed.GetValue(includeOpen));
                await ToolProgress.RunAsync("Correcting the ledger", "attempts", async _ =>
                {
                    await corrections.ApplyAsync(cancellationToken);
                    return true;
                });
                TextWriter messages = parsed.GetValue(json) || parsed.GetValue(csv) ? parsed.InvocationConfiguration.Error : output;
                await messages.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Corrected: {corrections.Resolved:N0} unconfirmed attempts resolved, {corrections.Shared:N0} attempts adjusted, {corrections.Unattributed:0.######} USD unattributed; {corrections.LeftOpen:N0} lines of days that are not final were left."));
                if (opened.Accounts is not null)
                {
                    await messages.WriteLineAsync(opened.Accounts.ToString());
                }

                foreach (ReconciledKey impossible in corrections.Impossible)
                {
                    await messages.WriteLineAsync($"Not corrected, because the ledger has no charge there that could be lowered: {WrittenText.Printable(impossible.ToString())}.");
                }

                found = await Reconciliation.RunAsync(opened.History, sums, options, null, cancellationToken);
            }

            if (parsed.GetValue(html) is { } page)
            {
                await File.WriteAllTextAsync(page, ReconcileText.WritePage(found), cancellationToken);
            }

            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(ReconcileText.WriteJson(found));
            }
            else if (parsed.GetValue(csv))
            {
                ReconcileText.WriteCsv(output, found);
            }
            else
            {
                ReconcileText.WriteTables(ToolConsole.Create(output), found);
            }

            return found.Differs ? 1 : 0;
        }));
        return command;
    }
}
