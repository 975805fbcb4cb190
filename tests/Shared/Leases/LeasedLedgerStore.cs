using MeaiBudget.Testing;

namespace MeaiBudget.Simulation;

/// <summary>A store of another ledger's tests, with leased ledgers on it.</summary>
internal sealed class LeasedLedgerStore(ISpendLedgerStore store, bool isEager) : ISpendLedgerStore
{
    public bool IsShared => store.IsShared;

    public async ValueTask<ISpendLedger> OpenAsync()
    {
        ISpendLedger far = await store.OpenAsync();
        return isEager ? new EagerlyLeasedLedger(far) : new LeasedSpendLedger(far);
    }

    public void Advance(TimeSpan time) => store.Advance(time);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
