using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget ledger</c>: looks after the tables of a ledger on SQLite or PostgreSQL.</summary>
internal static class LedgerCommands
{
    private static readonly string[] Tables = ["periods", "reservations", "grants", "adjustments", "history"];

    public static Command Create()
    {
        var command = new Command("ledger", "Checks, migrates and cleans up a ledger on SQLite or PostgreSQL.");
        command.Subcommands.Add(Check());
        command.Subcommands.Add(Migrate());
        command.Subcommands.Add(LedgerCopyCommand.Create());
        command.Subcommands.Add(Size());
        command.Subcommands.Add(Retention());
        command.Subcommands.Add(Forget());
        return command;
    }

    private static Argument<string> Ledger() => new("LEDGER") { Description = LedgerAddress.DescriptionOfTables };

    private static Option<string> Name() => new("--name") { Description = "The ledger's name on PostgreSQL (default).", DefaultValueFactory = _ => "default" };

    private static Command Check()
    {
        (Argument<string> ledger, Option<string> name) = (Ledger(), Name());
        var command = new Command("check", "Finds and explains what does not add up. The exit code is 1 if there is something.") { ledger, name };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            await using LedgerDatabase database = await LedgerDatabase.OpenAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), writes: false, migrates: false, cancellationToken);
            IReadOnlyList<string> problems = await LedgerCheck.FindAsync(database, TimeProvider.System.GetUtcNow().UtcTicks, cancellationToken);
            foreach (string problem in problems)
            {
                await output.WriteLineAsync(problem);
            }

            await output.WriteLineAsync(problems.Count == 0 ? $"{database.Name}: everything adds up." : $"{database.Name}: {problems.Count} problems.");
            return problems.Count == 0 ? 0 : 1;
        }));
        return command;
    }

    private static Command Migrate()
    {
        (Argument<string> ledger, Option<string> name) = (Ledger(), Name());
        var command = new Command("migrate", "Creates the tables on PostgreSQL, or brings an older ledger to this version's format.") { ledger, name };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            await using LedgerDatabase database = await LedgerDatabase.OpenAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), writes: false, migrates: true, cancellationToken);
            await output.WriteLineAsync($"{database.Name}: the format is this version's.");
            return 0;
        }));
        return command;
    }

    private static Command Size()
    {
        (Argument<string> ledger, Option<string> name) = (Ledger(), Name());
        var command = new Command("size", "Counts rows and bytes.") { ledger, name };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            await using LedgerDatabase database = await LedgerDatabase.OpenAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), writes: false, migrates: false, cancellationToken);
            foreach (string table in Tables.Where(table => table != "history" || database.HasHistory))
            {
                long rows = await database.NumberAsync($"SELECT count(*) FROM {database.Schema}{table} t WHERE {database.OfLedger("t")}", cancellationToken);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{table,-14}{rows,14:N0}"));
            }

            // On PostgreSQL the tables of a schema are shared by its ledgers.
            long bytes = database.IsPostgreSql
                ? await database.NumberAsync("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'meaibudget' AND c.relkind = 'r'", cancellationToken)
                : await database.NumberAsync("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{"bytes",-14}{bytes,14:N0}"));
            return 0;
        }));
        return command;
    }

    private static Command Retention()
    {
        (Argument<string> ledger, Option<string> name) = (Ledger(), Name());
        var days = new Option<int>("--days") { Description = "Keep the records of this many days.", Required = true };
        var command = new Command("retention", "Deletes the records of calls that are older. Amounts that count against a limit stay.") { ledger, name, days };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            int kept = parsed.GetRequiredValue(days);
            if (kept < 0)
            {
                throw new ArgumentException($"--days: {kept} is negative. Use the number of days to keep.");
            }

            await using LedgerDatabase database = await LedgerDatabase.OpenAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), writes: true, migrates: true, cancellationToken);
            long now = TimeProvider.System.GetUtcNow().UtcTicks;
            long before = now - (kept * TimeSpan.TicksPerDay);
            string counts = database.IsPostgreSql
                ? $"EXISTS (SELECT 1 FROM unnest(r.forgets) f WHERE f > {now})"
                : $"EXISTS (SELECT 1 FROM lines l WHERE l.reservation = r.key AND l.forget_after > {now})";
            string old = string.Create(CultureInfo.InvariantCulture, $"{database.OfLedger("r")} AND r.state <> 0 AND r.reserved_at < {before} AND coalesce(r.closed_at, 0) < {now - TimeSpan.TicksPerHour} AND NOT {counts}");
            await database.BeginAsync(cancellationToken);
            if (!database.IsPostgreSql)
            {
                await database.RunAsync($"DELETE FROM lines WHERE reservation IN (SELECT r.key FROM reservations r WHERE {old})", cancellationToken);
            }

            int deleted = await database.RunAsync($"DELETE FROM {database.Schema}reservations AS r WHERE {old}", cancellationToken);

            // Records of refusals and of other ledgers count against no limit.
            string older = string.Create(CultureInfo.InvariantCulture, $"{database.OfLedger("h")} AND h.reserved_at < {before}");
            if (!database.IsPostgreSql)
            {
                await database.RunAsync($"DELETE FROM history_lines WHERE reservation IN (SELECT h.key FROM history h WHERE {older})", cancellationToken);
            }

            deleted += await database.RunAsync($"DELETE FROM {database.Schema}history AS h WHERE {older}", cancellationToken);
            await database.CommitAsync(cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{database.Name}: {deleted:N0} records deleted."));
            return 0;
        }));
        return command;
    }

    private static Command Forget()
    {
        (Argument<string> ledger, Option<string> name) = (Ledger(), Name());
        var tag = new Option<string>("--tag") { Description = "The tag and the value of a person, e.g. user=alice@example.com.", Required = true };
        var command = new Command("forget", "Replaces a person's tag by a pseudonym in records, accounts, limits and stops. Amounts stay.") { ledger, name, tag };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            string[] parts = parsed.GetRequiredValue(tag).Split('=', 2);
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0)
            {
                throw new ArgumentException($"--tag: '{parsed.GetRequiredValue(tag)}' has no value. Use NAME=VALUE.");
            }

            await using LedgerDatabase database = await LedgerDatabase.OpenAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), writes: true, migrates: true, cancellationToken);
            string pseudonym = "forgotten-" + RandomNumberGenerator.GetHexString(12, lowercase: true);
            await database.BeginAsync(cancellationToken);
            (int records, int accounts, int settings) = await LedgerForgetting.RunAsync(database, parts[0], parts[1], pseudonym, cancellationToken);
            await database.CommitAsync(cancellationToken);
            string others = settings == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", and {settings:N0} limits, stops and texts no longer name the person");
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{database.Name}: {records:N0} records and {accounts:N0} accounts now have the pseudonym {pseudonym}{others}."));
            return 0;
        }));
        return command;
    }
}
