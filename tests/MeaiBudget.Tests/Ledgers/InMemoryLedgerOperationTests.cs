using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Arguments, cancellation, events, waits, settings and pages of the ledger in memory.</summary>
public sealed class InMemoryLedgerOperationTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));
    private readonly InMemorySpendLedger _ledger;

    public InMemoryLedgerOperationTests() => _ledger = new InMemorySpendLedger(_time);

    [Fact]
    public async Task MissingArgumentsAreNamed()
    {
        Assert.Equal("name", Assert.ThrowsAny<ArgumentException>(() => new InMemorySpendLedger(name: " ")).ParamName);
        Assert.Equal("value", Assert.Throws<ArgumentOutOfRangeException>(() => new InMemorySpendLedger { RememberedReservations = -1 }).ParamName);
        Assert.Equal("reservation", await MissingAsync(async () => await _ledger.ReserveAsync(null!)));
        Assert.Equal("settlement", await MissingAsync(async () => await _ledger.SettleAsync(null!)));
        Assert.Equal("accounts", await MissingAsync(async () => await _ledger.ReadAsync(null!)));
        Assert.Equal("prefix", await MissingAsync(async () => await _ledger.ListAccountsAsync(null!)));
        Assert.Equal("grant", await MissingAsync(async () => await _ledger.GrantAsync(null!)));
        Assert.Equal("adjustment", await MissingAsync(async () => await _ledger.AdjustAsync(null!)));
        Assert.Equal("account", await MissingAsync(() => _ledger.WaitForChangeAsync(null!, default)));
        Assert.Equal("query", await MissingAsync(async () => await _ledger.QueryAsync(null!)));
        Assert.Equal("query", await MissingAsync(async () => await _ledger.ReadCallsAsync(null!)));
        Assert.Equal("records", await MissingAsync(async () => await _ledger.WriteAsync(null!)));
    }

    [Fact]
    public async Task WrongArgumentsChangeNothing()
    {
        LedgerReservation reservation = Reservation("a", 10);
        LedgerLine line = reservation.Lines[0];
        await Assert.ThrowsAsync<ArgumentException>(async () => await _ledger.ReserveAsync(reservation with { Lines = [line, line] }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await _ledger.RenewAsync(reservation.Id, TimeSpan.Zero));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [-1] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _ledger.AdjustAsync(
            new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = reservation.Id, Amounts = [-1], Reason = "test" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _ledger.GrantAsync(
            new LedgerGrant { Id = Guid.NewGuid(), Account = "a", Amount = -1, ExpiresAt = _time.GetUtcNow().AddDays(1), Reason = "test" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _ledger.WriteSettingAsync("", "x"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _ledger.ExchangeAsync(1, [new LedgerSettlement { Id = reservation.Id, Amounts = [1] }]));

        Assert.Equal((0, 0), (_ledger.AccountCount, _ledger.OpenCount));
        Assert.Equal(0, (await _ledger.ReadSettingsAsync()).Version);
    }

    [Fact]
    public async Task ACancelledCallHoldsNothing()
    {
        var cancelled = new CancellationToken(true);
        LedgerReservation reservation = Reservation("a", 10);

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _ledger.ReserveAsync(reservation, cancelled));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _ledger.ExchangeAsync(
            1, [new LedgerSettlement { Id = reservation.Id, Amounts = [1], Reservation = reservation }], cancelled));

        Assert.Equal((0, 0), (_ledger.AccountCount, _ledger.OpenCount));
    }

    [Fact]
    public async Task AHistoryIsKeptOnlyIfItIsAskedFor()
    {
        Assert.False(_ledger.KeepsRecords);
        Assert.False(new InMemorySpendLedger { KeepsRecords = false }.KeepsRecords);
        Assert.True(new InMemorySpendLedger { KeepsRecords = true }.KeepsRecords);
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await _ledger.QueryAsync(new SpendQuery()));
        Assert.Equal("The ledger 'memory' keeps no history. Make it with KeepsRecords = true.", exception.Message);
    }

    [Fact]
    public async Task AHistoryHasAdjustmentsAndEndedLeases()
    {
        var ledger = new InMemorySpendLedger(_time) { KeepsRecords = true };
        LedgerReservation[] calls = [.. Enumerable.Range(0, 2).Select(_ => Reservation("day/usd/", 1_000_000_000) with { Info = new LedgerCallInfo { At = _time.GetUtcNow(), ModelId = "m" } })];
        foreach (LedgerReservation call in calls)
        {
            await ledger.ReserveAsync(call with { Lines = [call.Lines[0] with { Limit = null }] });
        }

        await ledger.SettleAsync(new LedgerSettlement { Id = calls[0].Id, Amounts = [500_000_000] });
        Assert.Equal(0.5m, await SpentAsync());
        var lower = new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = calls[0].Id, Amounts = [250_000_000], Reason = "refund" };
        Assert.True((await ledger.AdjustAsync(lower)).IsApplied);
        Assert.Equal(0.25m, await SpentAsync());
        Assert.False((await ledger.AdjustAsync(lower with { Amounts = [1] })).IsApplied);
        Assert.Equal(0.25m, await SpentAsync());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1.25m, await SpentAsync());

        async Task<decimal> SpentAsync() => Assert.Single(await ledger.QueryAsync(new SpendQuery())).Spent;
    }

    [Fact]
    public async Task EachEndedLeaseIsToldOnceAndWithoutTheLock()
    {
        var told = new List<LedgerLeaseExpiry>();
        LedgerReservation first = Reservation("a", 10), second = Reservation("b", 20);
        await _ledger.ReserveAsync(first);
        await _ledger.ReserveAsync(second);
        _ledger.LeaseExpired += expiry =>
        {
            // Another thread can use the ledger meanwhile.
            Assert.NotNull(Task.Run(async () => await _ledger.FindAsync(expiry.Id)).GetAwaiter().GetResult());
            told.Add(expiry);
        };

        await _ledger.FindAsync(first.Id);
        Assert.Empty(told);
        _time.Advance(TimeSpan.FromSeconds(10));
        await _ledger.FindAsync(first.Id);
        await _ledger.FindAsync(first.Id);

        Assert.Equal(2, told.Count);
        Assert.Contains(told, one => one.Id == first.Id);
        LedgerLeaseExpiry ofSecond = told.Single(one => one.Id == second.Id);
        Assert.Equal(["b"], ofSecond.Accounts);
        Assert.Equal([20], ofSecond.Amounts);
    }

    [Fact]
    public async Task AnEndedLeaseIsNotToldToWhoListensLater()
    {
        var told = new List<LedgerReservationId>();
        LedgerReservation first = Reservation("a", 10);
        await _ledger.ReserveAsync(first);
        _time.Advance(TimeSpan.FromSeconds(10));
        await _ledger.FindAsync(first.Id);

        _ledger.LeaseExpired += expiry => told.Add(expiry.Id);
        LedgerReservation second = Reservation("a", 10);
        await _ledger.ReserveAsync(second);
        _time.Advance(TimeSpan.FromSeconds(10));
        await _ledger.FindAsync(first.Id);

        Assert.Equal([second.Id], told);
    }

    [Fact]
    public async Task AWaitEndsAtAChangeOrAfterAQuarterOfASecond()
    {
        Assert.True(_ledger.WaitForChangeAsync("unknown", default).IsCompletedSuccessfully);
        LedgerReservation reservation = Reservation("a", 10);
        await _ledger.ReserveAsync(reservation);

        Task changed = _ledger.WaitForChangeAsync("a", default);
        Assert.False(changed.IsCompleted);
        await _ledger.ReleaseAsync(reservation.Id);
        await changed;

        Task waited = _ledger.WaitForChangeAsync("a", default);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(waited.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await waited;

        using var cancellation = new CancellationTokenSource();
        Task cancelled = _ledger.WaitForChangeAsync("a", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task AForgottenAccountEndsAtTheNextOperationAndWakesWhoWaits()
    {
        LedgerReservation reservation = Reservation("a", 10);
        await _ledger.ReserveAsync(reservation);
        await _ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [4] });
        Task changed = _ledger.WaitForChangeAsync("a", default);

        _ledger.Forget("a");

        Assert.Equal(new LedgerLineState(0, 0, 0, 0, 0, Fits: true), (await _ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0]);
        Assert.Equal(0, _ledger.AccountCount);
        await changed;
    }

    [Fact]
    public async Task APageHasAllOfManyAccounts()
    {
        for (int i = 0; i < 300; i++)
        {
            LedgerReservation reservation = Reservation($"t/{i:D3}", 10);
            await _ledger.ReserveAsync(reservation);
            await _ledger.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [i + 1] });
        }

        await _ledger.ReserveAsync(Reservation("other", 10));
        IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await _ledger.ReadPageAsync(new LedgerAccountQuery("t/", 1, 1), "", isByCharged: false, null, 1_000);

        Assert.Equal(Enumerable.Range(0, 300).Select(i => ($"t/{i:D3}", i + 1L, true)), page.Select(one => (one.Key, one.Value.Charged, one.Value.Fits)));
    }

    [Fact]
    public void AFullTableOfSettingsStillChangesAndRemovesThem()
    {
        var settings = new InMemorySettings();
        for (int i = 0; i < LedgerSettingRules.MostSettings; i++)
        {
            settings.Write("setting " + i, "x");
        }

        ArgumentException exception = Assert.Throws<ArgumentException>(() => settings.Write("one more", "x"));
        Assert.StartsWith("The ledger has 10,000 settings and stores no more. Remove some before you add 'one more'.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(10_001, settings.Write("setting 7", "y"));
        Assert.Equal(10_001, settings.Write("one more", null));
        Assert.Equal(10_002, settings.Write("setting 8", null));
        Assert.Equal(10_003, settings.Write("one more", "x"));
        Assert.Equal(("y", null, "x"), (settings.All["setting 7"], settings.All.GetValueOrDefault("setting 8"), settings.All["one more"]));
    }

    private static async Task<string?> MissingAsync(Func<Task> call) => (await Assert.ThrowsAsync<ArgumentNullException>(call)).ParamName;

    private LedgerReservation Reservation(string account, long amount) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "x"),
        Lease = TimeSpan.FromSeconds(10),
        Lines = [new LedgerLine { Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = _time.GetUtcNow().AddDays(2), Amount = amount, Limit = 1_000_000 }],
    };
}
