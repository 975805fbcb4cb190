namespace MeaiBudget;

/// <summary>Keeps what was reserved and what was spent. The one place where a budget's promise is kept.</summary>
/// <remarks>
/// <para>
/// The invariant, checked atomically over all lines at every admission, for every enforced line:
/// held + charged + amount &lt;= limit + grants in force.
/// </para>
/// <para>
/// Every operation is idempotent, so that a caller that does not know whether one was applied can repeat it. Implementations
/// are thread-safe. An operation that cannot be carried out throws <see cref="SpendLedgerException"/>.
/// </para>
/// </remarks>
public interface ISpendLedger
{
    /// <summary>Gets the name, for messages and reports; holds no secret.</summary>
    string Name { get; }

    /// <summary>
    /// Gets a value indicating whether the ledger writes down what attempts were: <see cref="LedgerReservation.Info"/> and
    /// <see cref="LedgerSettlement.Info"/>. One that does not need not be given them.
    /// </summary>
    bool KeepsRecords => true;

    /// <summary>Gets the ledger's clock, by which periods, grants and leases are measured: for a shared ledger, the server's.</summary>
    TimeProvider Clock { get; }

    /// <summary>
    /// Raised after a reservation's lease ran out and it was charged in full. A ledger may notice this late (when it is next
    /// asked), and a shared one tells only the process that noticed. A ledger that cannot tell never raises it.
    /// </summary>
    event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add { }
        remove { }
    }

    /// <summary>Takes from all accounts of a reservation, or from none.</summary>
    /// <param name="reservation">The reservation.</param>
    /// <param name="cancellationToken">Cancels the question; whether it was applied is then unknown, and <see cref="ReleaseAsync"/> makes sure that it was not.</param>
    /// <returns>Whether it was admitted, and each account's state.</returns>
    ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default);

    /// <summary>Charges what a reservation cost, into the periods that it was reserved in, and closes it.</summary>
    /// <remarks>
    /// After a lease expired the settlement still counts and replaces what the expiry charged. A final settlement replaces a
    /// unconfirmed one; otherwise the first one stands. Amounts beyond the reserved ones count as overrun.
    /// </remarks>
    /// <param name="settlement">The settlement.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger, not what it may have applied.</param>
    /// <returns>Whether anything changed, and each account before and after.</returns>
    ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default);

    /// <summary>Gives back a reservation for which nothing was billed; one that is unknown or closed stays as it is.</summary>
    /// <param name="id">The reservation.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether an open reservation was given back.</returns>
    ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default);

    /// <summary>Extends the lease of an open reservation, counted from now.</summary>
    /// <param name="id">The reservation.</param>
    /// <param name="lease">The new length.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether the reservation is still open.</returns>
    ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Reads accounts without changing anything.</summary>
    /// <param name="accounts">The accounts.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The accounts' states, in order.</returns>
    ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default);

    /// <summary>Reads what a reservation holds or has charged, which a correction needs.</summary>
    /// <param name="id">The reservation.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Its lines; <see langword="null"/> if the ledger does not know it, or does not keep this.</returns>
    ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => new((LedgerCharge?)null);

    /// <summary>Lists the accounts that hold something in a period or have an open reservation.</summary>
    /// <param name="prefix">How the accounts' names begin.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The account names.</returns>
    ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Adds a grant.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether it was new.</returns>
    ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default);

    /// <summary>Corrects something settled.</summary>
    /// <param name="adjustment">The adjustment.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether anything changed, and each account before and after.</returns>
    ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default);

    /// <summary>Completes when something was given back to an account, or after a short while: a hint to ask again.</summary>
    /// <param name="account">The account.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that completes when it is worth asking again.</returns>
    Task WaitForChangeAsync(string account, CancellationToken cancellationToken);
}
