using System.Globalization;
using CsCheck;
using MeaiBudget.Simulation;
using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class LeasedSpendLedgerSuiteTests
{
    /// <summary>Cases that expect no open reservation where a slice is one.</summary>
    private static readonly string[] OfOpenSlices = ["ListsAccountsByPrefix", "WhatNoLongerCountsIsForgotten"];

    public static MatrixTheoryData<bool, string> Cases => new([false, true], SpendLedgerSuite.Cases);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(bool isEager, string name) => isEager && OfOpenSlices.Contains(name) ? Task.CompletedTask : SpendLedgerSuite.RunAsync(name, () => new Store(isEager));

    [Fact]
    public async Task AnyHistoryInSlicesKeepsTheInvariantAndLosesNothing()
    {
        int steps = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_LEDGER_STEPS") ?? "50000", CultureInfo.InvariantCulture);
        long inSlices = 0;
        await SpendLedgerHistories.Any.SampleAsync(
            async history =>
            {
                var store = new Store(isEager: true);
                var ledger = (EagerlyLeasedLedger)await store.OpenAsync();
                await SpendLedgerModel.RunAsync(ledger, store.Advance, history);
                Interlocked.Add(ref inSlices, ledger.HeldInSlices);
            },
            iter: Math.Max(1, steps / SpendLedgerHistories.StepsPerHistory));
        Assert.True(inSlices > 100, $"{inSlices} reservations were held in slices.");
    }

    private sealed class Store(bool isEager) : ISpendLedgerStore
    {
        private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 28, 22, 0, 0, TimeSpan.Zero));

        public bool IsShared => false;

        public ValueTask<ISpendLedger> OpenAsync()
        {
            var far = new InMemorySpendLedger(_clock) { RememberedReservations = 1_000_000 };
            return new(isEager ? new EagerlyLeasedLedger(far) : new LeasedSpendLedger(far));
        }

        public void Advance(TimeSpan time)
        {
            if (time < TimeSpan.Zero)
            {
                _clock.AdjustTime(_clock.GetUtcNow() + time);
            }
            else
            {
                _clock.Advance(time);
            }
        }

        public ValueTask DisposeAsync() => default;
    }
}
