namespace MeaiBudget.Testing;

/// <summary>A new, empty store for one case of <see cref="SpendLedgerSuite"/>, and the clock of the ledgers that are opened on it.</summary>
public interface ISpendLedgerStore : IAsyncDisposable
{
    /// <summary>Gets a value indicating whether a second ledger sees what the first one keeps: after a restart, or beside it.</summary>
    bool IsShared { get; }

    /// <summary>Opens a ledger on the store; the suite disposes it if it can be disposed.</summary>
    /// <returns>The ledger.</returns>
    ValueTask<ISpendLedger> OpenAsync();

    /// <summary>Moves the clock of every ledger on this store.</summary>
    /// <param name="time">How far; negative for a clock that is set back.</param>
    void Advance(TimeSpan time);
}
