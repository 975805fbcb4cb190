using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A separate ledger on a server, with a clock that the test sets.</summary>
internal sealed class PostgreSqlLedgerStore(string connectionString) : ISpendLedgerStore
{
    private readonly string _name = $"test-{Guid.NewGuid():N}";

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

    public bool IsShared => true;

    public PostgreSqlSpendLedgerOptions Options => new() { Name = _name, Clock = Clock, OperationTimeout = TimeSpan.FromMinutes(1) };

    public async ValueTask<ISpendLedger> OpenAsync() => await PostgreSqlSpendLedger.OpenAsync(connectionString, Options);

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

    public ValueTask DisposeAsync() => default;
}
