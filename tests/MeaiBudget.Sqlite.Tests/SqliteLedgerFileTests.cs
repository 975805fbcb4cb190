using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget.Tests;

public sealed class SqliteLedgerFileTests : IDisposable
{
    private readonly SqliteLedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileThatIsNoDatabaseIsNamedAndLeftAlone()
    {
        string text = string.Concat(Enumerable.Repeat("prices and other notes\n", 100));
        File.WriteAllText(_folder.File, text);
        SqliteSpendLedgerException exception = Opening(SqliteLedgerProblem.NotADatabase);
        Assert.Contains(_folder.File, exception.Message, StringComparison.Ordinal);
        Assert.Equal(_folder.File, exception.Path);
        Assert.Equal(text, File.ReadAllText(_folder.File));
    }

    [Fact]
    public void AnotherProgramsDatabaseIsLeftAlone()
    {
        Execute("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept');");
        byte[] before = File.ReadAllBytes(_folder.File);
        Opening(SqliteLedgerProblem.NotALedger);
        Assert.Equal(before, File.ReadAllBytes(_folder.File));
        Assert.Equal(SqliteLedgerProblem.NotALedger, Assert.Throws<SqliteSpendLedgerException>(() => SqliteSpendRecords.Open(_folder.File)).Problem);
    }

    [Fact]
    public void OpenersOfANewFileAtOnceAllGetTheLedger()
    {
        // The others find the file while the first one makes its tables.
        for (int round = 0; round < 60; round++)
        {
            string path = Path.Combine(_folder.Folder, $"new{round}.db");
            using var together = new Barrier(4);
            var errors = new Exception?[4];
            Thread[] openers = [.. Enumerable.Range(0, errors.Length).Select(opener => new Thread(() =>
            {
                together.SignalAndWait();
                errors[opener] = Record.Exception(() => SqliteSpendLedger.Open(path).Dispose());
            }))];
            Array.ForEach(openers, opener => opener.Start());
            Array.ForEach(openers, opener => opener.Join());
            Assert.All(errors, Assert.Null);
        }
    }

    [Fact]
    public void ANewerSchemaIsNotTouched()
    {
        _folder.Open().Dispose();
        Execute("PRAGMA user_version = 99");
        Assert.Contains("99", Opening(SqliteLedgerProblem.NewerSchema).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFolderIsSaid()
    {
        string path = Path.Combine(_folder.Folder, "missing", "ledger.db");
        SqliteSpendLedgerException exception = Assert.Throws<SqliteSpendLedgerException>(() => SqliteSpendLedger.Open(path));
        Assert.Equal(SqliteLedgerProblem.CannotOpen, exception.Problem);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Equal(SqliteLedgerProblem.CannotOpen, Assert.Throws<SqliteSpendLedgerException>(() => SqliteSpendRecords.Open(path)).Problem);
    }

    [Fact]
    public void AFileThatCannotBeWrittenIsSaid()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess || OperatingSystem.IsWindows(), "A privileged process may write every file.");
        _folder.Open().Dispose();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.File, UnixFileMode.UserRead);
        }

        Opening(SqliteLedgerProblem.ReadOnly);
    }

    [Theory]
    [InlineData(raw.SQLITE_READONLY, SqliteLedgerProblem.ReadOnly)]
    [InlineData(raw.SQLITE_READONLY | (8 << 8), SqliteLedgerProblem.ReadOnly)]
    [InlineData(raw.SQLITE_FULL, SqliteLedgerProblem.DiskFull)]
    [InlineData(raw.SQLITE_CORRUPT, SqliteLedgerProblem.Damaged)]
    [InlineData(raw.SQLITE_BUSY, SqliteLedgerProblem.Busy)]
    [InlineData(raw.SQLITE_PERM, SqliteLedgerProblem.CannotOpen)]
    [InlineData(raw.SQLITE_IOERR, SqliteLedgerProblem.Other)]
    public void EveryErrorOfTheStoreSaysWhichFileAndWhatToDo(int code, SqliteLedgerProblem problem)
    {
        var exception = SqliteSpendLedgerException.Make("/some/ledger.db", code, null);
        Assert.Equal(problem, exception.Problem);
        Assert.StartsWith("The ledger file '/some/ledger.db' ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFullDiskLosesNothingThatWasCommitted()
    {
        long admitted = 0;
        await using (SqliteSpendLedger small = _folder.Open(options => options.MaximumBytes = 200_000))
        {
            SqliteSpendLedgerException exception = await Assert.ThrowsAsync<SqliteSpendLedgerException>(async () =>
            {
                while (true)
                {
                    await small.ReserveAsync(Reservation(1));
                    admitted++;
                }
            });
            Assert.Equal(SqliteLedgerProblem.DiskFull, exception.Problem);
            Assert.InRange(admitted, 100, 10_000);
            Assert.Equal(admitted, (await small.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0].Held);
        }

        await using SqliteSpendLedger ledger = _folder.Open();
        await ledger.ReserveAsync(Reservation(1));
        Assert.Equal(admitted + 1, (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0].Held);
    }

    [Fact]
    public async Task ADamagedFileIsSaidAndNotAnsweredWithZero()
    {
        await using (SqliteSpendLedger ledger = _folder.Open())
        {
            for (int i = 0; i < 200; i++)
            {
                await ledger.ReserveAsync(Reservation(1));
            }
        }

        byte[] bytes = File.ReadAllBytes(_folder.File);
        Array.Fill(bytes, (byte)0xAB, 4096, bytes.Length - 4096);
        File.WriteAllBytes(_folder.File, bytes);
        SqliteSpendLedgerException exception = await Assert.ThrowsAsync<SqliteSpendLedgerException>(async () =>
        {
            await using SqliteSpendLedger ledger = _folder.Open();
            await ledger.ReserveAsync(Reservation(1));
        });
        Assert.Equal(SqliteLedgerProblem.Damaged, exception.Problem);
    }

    [Fact]
    public async Task AFileHeldByAnotherProcessForTooLongIsSaid()
    {
        await using SqliteSpendLedger ledger = _folder.Open(options => options.BusyTimeout = TimeSpan.Zero);
        using (var other = new SqliteConnection($"Data Source={_folder.File};Pooling=False"))
        {
            other.Open();
            using SqliteTransaction transaction = other.BeginTransaction();
            SqliteSpendLedgerException exception = await Assert.ThrowsAsync<SqliteSpendLedgerException>(async () => await ledger.ReserveAsync(Reservation(1)));
            Assert.Equal(SqliteLedgerProblem.Busy, exception.Problem);
        }

        Assert.True((await ledger.ReserveAsync(Reservation(1))).IsAdmitted);
    }

    [Fact]
    public async Task ADisposedLedgerSaysSo()
    {
        SqliteSpendLedger ledger = _folder.Open();
        Task<LedgerReservationResult>[] pending = Enumerable.Range(0, 50).Select(_ => ledger.ReserveAsync(Reservation(1)).AsTask()).ToArray();
        await ledger.DisposeAsync();
        Assert.All(await Task.WhenAll(pending), result => Assert.True(result.IsAdmitted));
        SqliteSpendLedgerException exception = await Assert.ThrowsAsync<SqliteSpendLedgerException>(async () => await ledger.ReserveAsync(Reservation(1)));
        Assert.Equal(SqliteLedgerProblem.Closed, exception.Problem);
    }

    [Fact]
    public async Task ACancelledQuestionIsNotApplied()
    {
        await using SqliteSpendLedger ledger = _folder.Open();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ledger.ReserveAsync(Reservation(1), new CancellationToken(true)));
        Assert.Empty(await ledger.ListAccountsAsync(""));
    }

    [Fact]
    public async Task AnOlderFileIsBroughtUpToDateAndKeepsItsSpend()
    {
        await using (SqliteSpendLedger ledger = _folder.Open())
        {
            await ledger.ReserveAsync(Reservation(7));
        }

        using var connection = new SqliteConnection($"Data Source={_folder.File};Pooling=False");
        connection.Open();
        string[] next = [.. SqliteSchema.Migrations, "ALTER TABLE periods ADD COLUMN note TEXT; UPDATE periods SET note = 'migrated';"];
        for (int again = 0; again < 2; again++)
        {
            SqliteSchema.Migrate(connection, _folder.File, next);
            Assert.Equal(next.Length, SqliteSchema.ReadNumber(connection, "PRAGMA user_version"));
            Assert.Equal(7, SqliteSchema.ReadNumber(connection, "SELECT held FROM periods WHERE note = 'migrated'"));
        }
    }

    private LedgerReservation Reservation(long amount) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "test"),
        Lease = TimeSpan.FromMinutes(2),
        Lines = [new LedgerLine { Account = "day", Period = 1, FirstPeriod = 1, ForgetAfter = _folder.Clock.GetUtcNow().AddDays(2), Amount = amount }],
    };

    private SqliteSpendLedgerException Opening(SqliteLedgerProblem problem)
    {
        SqliteSpendLedgerException exception = Assert.Throws<SqliteSpendLedgerException>(() => _folder.Open());
        Assert.Equal(problem, exception.Problem);
        return exception;
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File};Pooling=False");
        connection.Open();
        SqliteSchema.Execute(connection, sql);
    }
}
