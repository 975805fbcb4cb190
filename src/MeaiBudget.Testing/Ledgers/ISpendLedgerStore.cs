namespace MeaiBudget.Testing;

/// <summary>A new, empty store for one case of <see cref="SpendLedgerSuite"/>, with the clock of its ledgers.</summary>
public interface ISpendLedgerStore : IAsyncDisposable
{
    /// <summary>Gets a value indicating whether a second ledger on the store sees the data of the first one, also after a restart.</summary>
    bool IsShared { get; }

    /// <summary>Opens a ledger on the store. The suite disposes it if it is disposable.</summary>
    /// <returns>The ledger.</returns>
    ValueTask<ISpendLedger> OpenAsync();

    /// <summary>Moves the clock of every ledger on this store, and completes timers that are due.</summary>
    /// <param name="time">The time to move by; negative to set the clock back.</param>
    void Advance(TimeSpan time);
}
