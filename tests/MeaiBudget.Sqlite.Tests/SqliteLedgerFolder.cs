using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A ledger file in a separate folder, with a clock that the test sets.</summary>
public sealed class SqliteLedgerFolder : ISpendLedgerStore, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-");

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

    public string Folder => _folder.FullName;

    public string File => Path.Combine(Folder, "ledger.db");

    public bool IsShared => true;

    public SqliteSpendLedger Open(Action<SqliteSpendLedgerOptions>? configure = null)
    {
        var options = new SqliteSpendLedgerOptions { Clock = Clock };
        configure?.Invoke(options);
        return SqliteSpendLedger.Open(File, options);
    }

    public ValueTask<ISpendLedger> OpenAsync() => new(Open());

    public void Advance(TimeSpan time)
    {
        if (time < TimeSpan.Zero)
        {
            Clock.AdjustTime(Clock.GetUtcNow() + time);
        }
        else
        {
            Clock.Advance(time);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
