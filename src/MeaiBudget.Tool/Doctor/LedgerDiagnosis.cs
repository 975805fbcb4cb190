using System.Globalization;
using Microsoft.Data.Sqlite;

namespace MeaiBudget.Tool;

/// <summary>Checks that a ledger can be reached, read and written, its version, and its clock. It changes nothing.</summary>
internal static class LedgerDiagnosis
{
    private static readonly TimeSpan WrongClock = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OddClock = TimeSpan.FromSeconds(5);

    /// <summary>Returns how commands name the ledger of the settings; null if it cannot be checked, which is then reported.</summary>
    public static string? NameOf(AppConfiguration app, DoctorFindings findings)
    {
        LedgerSettings ledger = app.Options.Ledger;
        switch (ledger.Type?.ToUpperInvariant())
        {
            case "SQLITE":
                return ledger.Path is null ? null : app.PathOf(ledger.Path);
            case "REDIS":
                return ledger.ConnectionString is null ? null : $"redis:{ledger.ConnectionString}";
            case "POSTGRESQL":
                if (ledger.ConnectionString is null)
                {
                    findings.Warn("ledger", "No connection string is set, so the app must register an NpgsqlDataSource.", "Check the ledger with --ledger env:NAME, where NAME is an environment variable with its connection string.");
                }

                return ledger.ConnectionString;
            case "INMEMORY":
                if (app.Options.Budgets.Values.Any(budget => budget.Enforcement == Enforcement.Enforce && budget.Period != BudgetPeriodKind.Run))
                {
                    findings.Warn("ledger", "The spend is kept in memory: each process has its own limits, and a restart begins at zero.", "Use Sqlite for one machine, PostgreSql or Redis for several.");
                }
                else
                {
                    findings.Ok("ledger", "The spend is kept in memory.");
                }

                return null;
            default:
                if (ConfigurationDiagnosis.IsForeignLedger(app))
                {
                    findings.Warn("ledger", $"The type '{ledger.Type}' is not one of the packages'.", "If the app registers it with AddLedger(...), nothing is wrong; it is not checked here.");
                }

                return null;
        }
    }

    /// <summary>Checks a ledger and returns its accounts; null if it cannot be read.</summary>
    public static async Task<IReadOnlyList<string>?> CheckAsync(string ledger, string name, TimeProvider clock, DoctorFindings findings, CancellationToken cancellationToken)
    {
        try
        {
            var address = LedgerAddress.Parse(ledger);
            return address.Kind switch
            {
                LedgerStore.Redis => await CheckRedisAsync(ledger, name, clock, findings, cancellationToken),
                LedgerStore.PostgreSql => await CheckPostgreSqlAsync(address.Value, name, clock, findings, cancellationToken),
                _ => await CheckSqliteAsync(address.Value, findings, cancellationToken),
            };
        }
        catch (Exception exception) when (exception is SpendLedgerException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or System.Data.Common.DbException or TimeoutException)
        {
            findings.Add(FindingState.Fail, "ledger", exception.Message);
            return null;
        }
    }

    private static async Task<IReadOnlyList<string>?> CheckSqliteAsync(string path, DoctorFindings findings, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            if (Directory.Exists(Path.GetDirectoryName(full)))
            {
                findings.Warn("ledger", $"The file {full} does not exist.", "The first call creates it. If the app has run, it uses another path; a relative path starts at the folder in which the app runs.");
            }
            else
            {
                findings.Fail("ledger", $"The folder of {full} does not exist.", "Create it, or set another path.");
            }

            return null;
        }

        List<string> accounts;
        await using (LedgerDatabase database = await LedgerDatabase.OpenAsync(full, "default", writes: false, migrates: false, cancellationToken))
        {
            long version = await database.NumberAsync("PRAGMA user_version", cancellationToken);
            accounts = await database.ReadAsync("SELECT DISTINCT account FROM periods", row => row.GetString(0), cancellationToken);
            findings.Ok("ledger", string.Create(CultureInfo.InvariantCulture, $"{full} can be read: format {version}, {accounts.Count:N0} accounts."));
        }

        try
        {
            await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = full, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
            await connection.OpenAsync(cancellationToken);
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE; ROLLBACK";
            await command.ExecuteNonQueryAsync(cancellationToken);
            findings.Ok("ledger's rights", "This user can write to it.");
        }
        catch (SqliteException exception)
        {
            findings.Fail("ledger's rights", $"It cannot be written: {exception.Message.TrimEnd('.')}.", "Give the app's user the right to write to the file and its folder, and end programs that lock the file.");
        }

        return accounts;
    }

    private static async Task<IReadOnlyList<string>?> CheckPostgreSqlAsync(string ledger, string name, TimeProvider clock, DoctorFindings findings, CancellationToken cancellationToken)
    {
        await using LedgerDatabase database = await LedgerDatabase.OpenAsync(ledger, name, writes: false, migrates: false, cancellationToken);
        long version = await database.NumberAsync("SELECT max(version) FROM meaibudget.versions", cancellationToken);
        List<string> accounts = await database.ReadAsync($"SELECT a.name FROM meaibudget.accounts a WHERE {database.OfLedger("a")}", row => row.GetString(0), cancellationToken);
        findings.Ok("ledger", string.Create(CultureInfo.InvariantCulture, $"{database.Name} can be read: schema {version}, {accounts.Count:N0} accounts."));
        List<string> closed = await database.ReadAsync(
            """
            SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'meaibudget' AND c.relkind = 'r' AND c.relname <> 'versions'
              AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
            ORDER BY 1
            """,
            row => row.GetString(0), cancellationToken);
        if (closed.Count > 0)
        {
            findings.Fail("ledger's rights", $"This user may not read and change the tables {string.Join(", ", closed)}.", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA meaibudget to the app's user.");
        }
        else
        {
            findings.Ok("ledger's rights", "This user can read and change its tables.");
        }

        DateTimeOffset before = clock.GetUtcNow();
        List<DateTime> server = await database.ReadAsync("SELECT clock_timestamp()", row => row.GetDateTime(0).ToUniversalTime(), cancellationToken);
        CheckClock("the ledger's server", new DateTimeOffset(server[0], TimeSpan.Zero), before, clock.GetUtcNow(), findings);
        return accounts;
    }

    private static async Task<IReadOnlyList<string>?> CheckRedisAsync(string ledger, string name, TimeProvider clock, DoctorFindings findings, CancellationToken cancellationToken)
    {
        // Connecting checks the server's version and settings, and the commands that the user may run.
        await using var opened = (RedisSpendLedger)await LedgerCommand.OpenLedgerAsync(ledger, name, cancellationToken);
        DateTimeOffset before = clock.GetUtcNow();
        IReadOnlyList<string> accounts = await opened.ListAccountsAsync("", cancellationToken);
        (long version, _) = await opened.ReadSettingsAsync(cancellationToken);
        findings.Ok("ledger", string.Create(CultureInfo.InvariantCulture, $"redis:{name} can be read: {accounts.Count:N0} accounts, settings at version {version}."));
        findings.Ok("ledger's rights", "Version and settings of the server fit, and this user may run the ledger's commands.");
        await opened.ReadAsync([new LedgerAccountQuery("", 0, 0)], cancellationToken);
        CheckClock("the ledger's server", opened.Clock.GetUtcNow(), before, clock.GetUtcNow(), findings);
        return accounts;
    }

    /// <summary>Compares a clock with this machine's, which was read before and after it.</summary>
    public static void CheckClock(string where, DateTimeOffset theirs, DateTimeOffset before, DateTimeOffset after, DoctorFindings findings)
    {
        TimeSpan off = theirs < before ? before - theirs : theirs > after ? theirs - after : TimeSpan.Zero;
        string found = string.Create(CultureInfo.InvariantCulture, $"This machine's clock and that of {where} differ by {off.TotalSeconds:0.0} s.");
        const string Advice = "Synchronize the clocks (NTP): limits by time reset by the ledger's clock, and reports show this machine's.";
        if (off >= WrongClock)
        {
            findings.Fail("clock", found, Advice);
        }
        else if (off >= OddClock)
        {
            findings.Warn("clock", found, Advice);
        }
        else
        {
            findings.Ok("clock", found);
        }
    }
}
