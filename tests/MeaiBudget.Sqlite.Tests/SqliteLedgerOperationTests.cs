using Microsoft.Data.Sqlite;

namespace MeaiBudget.Tests;

/// <summary>Files that are moved, modes, read-only folders, files of older versions, and locks that last.</summary>
public sealed class SqliteLedgerOperationTests : IDisposable
{
    private readonly SqliteLedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AFullTableOfSettingsStillChangesAndRemovesThem()
    {
        await using SqliteSpendLedger ledger = _folder.Open();
        await ledger.WriteSettingAsync("setting", "x");
        using (var connection = new SqliteConnection($"Data Source={_folder.File};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText =
                "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999) INSERT INTO settings (name, value) SELECT 'setting/' || n, 'x' FROM numbers";
            command.ExecuteNonQuery();
        }

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(async () => await ledger.WriteSettingAsync("more", "x"));
        Assert.Contains("10,000 settings", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await ledger.WriteSettingAsync("setting", "y"));
        Assert.Equal(3, await ledger.WriteSettingAsync("setting/7", null));
        Assert.Equal(4, await ledger.WriteSettingAsync("more", "x"));
        IReadOnlyDictionary<string, string> settings = (await ledger.ReadSettingsAsync()).Settings;
        Assert.Equal(("y", "x", false, 10_000), (settings["setting"], settings["more"], settings.ContainsKey("setting/7"), settings.Count));
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("moved")]
    [InlineData("replaced")]
    public async Task N14_AFileThatIsNotAtItsPathAnyMoreIsNotWritten(string what)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "An open file cannot be deleted there.");
        await using SqliteSpendLedger ledger = _folder.Open();
        await ledger.ReserveAsync(Reservation());
        string moved = _folder.File + ".moved";
        File.Move(_folder.File, moved);
        if (what == "deleted")
        {
            File.Delete(moved);
        }
        else if (what == "replaced")
        {
            await File.WriteAllTextAsync(_folder.File, "", TestContext.Current.CancellationToken);
        }

        SqliteSpendLedgerException exception = await Assert.ThrowsAsync<SqliteSpendLedgerException>(async () => await ledger.ReserveAsync(Reservation()));
        Assert.Equal(SqliteLedgerProblem.Replaced, exception.Problem);
        Assert.Contains(_folder.File, exception.Message, StringComparison.Ordinal);
        if (what == "moved")
        {
            File.Move(moved, _folder.File);
            Assert.True((await ledger.ReserveAsync(Reservation())).IsAdmitted);
            Assert.Equal(2, (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0].Held);
        }
    }

    [Fact]
    public async Task N14_OnlyTheOwnerCanReadTheFiles()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no file modes.");
            return;
        }

        await using SqliteSpendLedger ledger = _folder.Open();
        await ledger.ReserveAsync(Reservation());
        string[] files = Directory.GetFiles(_folder.Folder);
        Assert.Contains(files, file => file.EndsWith("-wal", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            foreach (string file in files)
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    [Fact]
    public void N14_RecordsAreReadFromAFolderThatCannotBeWritten()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess || OperatingSystem.IsWindows(), "A privileged process may write every folder.");
        _folder.Open().Dispose();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.Empty(SqliteSpendRecords.Open(_folder.File).ReadPeriods());
            File.SetUnixFileMode(_folder.Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task AFileOfTheFirstVersionIsMigrated()
    {
        using (var connection = new SqliteConnection($"Data Source={_folder.File};Pooling=False"))
        {
            connection.Open();
            SqliteSchema.Migrate(connection, _folder.File, SqliteSchema.Migrations[..1]);
            SqliteSchema.Execute(connection, "INSERT INTO periods VALUES ('day', 1, 7, 3, 2, 0, 0, 9223372036854775807)");
        }

        await using SqliteSpendLedger ledger = _folder.Open();
        Assert.Equal(new LedgerLineState(7, 0, 3, 2, 0, true), (await ledger.ReadAsync([new LedgerAccountQuery("day", 1, 1)]))[0]);
        Assert.Equal(3, Assert.Single(SqliteSpendRecords.Open(_folder.File).ReadPeriods()).Unconfirmed);
    }

    [Fact]
    public async Task N4_CallsThatQueueForALockedFileWaitForOneTimeOut()
    {
        await using SqliteSpendLedger ledger = _folder.Open(options => options.BusyTimeout = TimeSpan.FromMilliseconds(100));
        using var other = new SqliteConnection($"Data Source={_folder.File};Pooling=False");
        other.Open();
        using SqliteTransaction transaction = other.BeginTransaction();

        // The second call comes while the first waits: it is not sent after the first has failed, to wait again.
        Task first = ledger.ReserveAsync(Reservation()).AsTask();
        long started = TimeProvider.System.GetTimestamp();
        Task second = ledger.ReserveAsync(Reservation()).AsTask();
        await Assert.ThrowsAsync<SqliteSpendLedgerException>(() => first);
        await Assert.ThrowsAsync<SqliteSpendLedgerException>(() => second);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(100));
    }

    private static LedgerReservation Reservation() => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "test"),
        Lease = TimeSpan.FromMinutes(1),
        Lines = [new LedgerLine { Account = "day", Period = 1, FirstPeriod = 1, ForgetAfter = DateTimeOffset.MaxValue, Amount = 1 }],
    };
}
