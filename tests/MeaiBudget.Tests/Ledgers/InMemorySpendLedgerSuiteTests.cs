using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class InMemorySpendLedgerSuiteTests
{
    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(string name) => SpendLedgerSuite.RunAsync(name, () => new Store());

    private sealed class Store : ISpendLedgerStore
    {
        private readonly FakeTimeProvider _clock = new();

        public bool IsShared => false;

        public ValueTask<ISpendLedger> OpenAsync() => new(new InMemorySpendLedger(_clock));

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
