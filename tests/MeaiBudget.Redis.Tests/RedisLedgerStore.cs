using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A separate ledger on a server, with a clock that the test sets.</summary>
public sealed class RedisLedgerStore(string configuration, TimeSpan? settledRetention = null) : ISpendLedgerStore
{
    private readonly string _name = $"test-{Guid.NewGuid():N}";

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

    public bool IsShared => true;

    public RedisSpendLedgerOptions Options => new() { Name = _name, Clock = Clock, SettledRetention = settledRetention ?? TimeSpan.FromHours(1) };

    public static RedisLedgerStore On(RedisServerKind kind, TimeSpan? settledRetention = null) => new(RedisServer.Get(kind).Configuration, settledRetention);

    public async ValueTask<ISpendLedger> OpenAsync() => await RedisSpendLedger.ConnectAsync(configuration, Options);

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
