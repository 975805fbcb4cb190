namespace MeaiBudget;

/// <summary>Stores what budgets hold and have charged, and admits reservations against their limits.</summary>
/// <remarks>
/// <para>
/// The rule for every enforced line, checked atomically over all lines of a reservation:
/// held + charged + amount &lt;= limit + grants in force (<see cref="LedgerLine.FitsIn"/>).
/// </para>
/// <para>
/// Amounts are whole numbers in the account's unit (nano-dollars, tokens or requests), from zero; sums stop at
/// <see cref="long.MaxValue"/>. Before an operation reads anything, open reservations whose lease has ended are charged in full.
/// </para>
/// <para>
/// Every operation is idempotent, so a caller that does not know whether one was applied can repeat it. All members are thread-safe;
/// a shared store may be used by several processes at the same time.
/// </para>
/// <para>
/// An operation throws <see cref="ArgumentException"/> for arguments that their <c>Validate</c> methods reject, and
/// <see cref="SpendLedgerException"/> if the store fails; the caller then repeats it once. A cancelled operation may have been applied.
/// <c>SpendLedgerSuite</c> of the package MeaiBudget.Testing tests an implementation.
/// </para>
/// </remarks>
public interface ISpendLedger
{
    /// <summary>Gets the name, for messages and reports; no secret.</summary>
    string Name { get; }

    /// <summary>
    /// Gets a value indicating whether the ledger stores <see cref="LedgerReservation.Info"/> and <see cref="LedgerSettlement.Info"/>.
    /// If <see langword="false"/>, both are <see langword="null"/>.
    /// </summary>
    bool KeepsRecords => true;

    /// <summary>Gets the clock of periods, grants and leases. For a shared ledger it follows the server's clock, if the server has one.</summary>
    TimeProvider Clock { get; }

    /// <summary>
    /// Raised after a reservation's lease ended and it was charged in full. A ledger may notice the end late, at its next operation. A
    /// shared ledger raises the event only in the process that noticed. A ledger need not raise it.
    /// </summary>
    event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add { }
        remove { }
    }

    /// <summary>Holds the amounts of all lines, or of none if an enforced line does not fit.</summary>
    /// <param name="reservation">The reservation.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger. It may have been applied; <see cref="ReleaseAsync"/> then undoes it.</param>
    /// <returns>Whether the reservation was admitted, and the state of each line's account. A repeated reservation returns the first result with current states.</returns>
    ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default);

    /// <summary>Charges the amounts into the periods of the reservation, and closes it.</summary>
    /// <remarks>
    /// The first settlement stands, with two exceptions: any settlement replaces the charge of an ended lease, and a confirmed one
    /// replaces an unconfirmed one. An amount above the reserved one is charged and counts as overrun.
    /// </remarks>
    /// <param name="settlement">The settlement; as many amounts as the reservation has lines.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether anything changed, and each account before and after. An unknown reservation changes nothing.</returns>
    ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default);

    /// <summary>Removes an open reservation for which nothing was billed. An unknown or closed one stays as it is.</summary>
    /// <param name="id">The reservation. It may be reserved again afterwards.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if the reservation was open.</returns>
    ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default);

    /// <summary>Extends the lease of an open reservation.</summary>
    /// <param name="id">The reservation.</param>
    /// <param name="lease">The new length from now, more than zero.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if the reservation is open.</returns>
    ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Reads accounts. An account that the ledger does not know is zero.</summary>
    /// <param name="accounts">The accounts and their periods.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The states, in the order of the queries; <see cref="LedgerLineState.Fits"/> is true in all.</returns>
    ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default);

    /// <summary>Finds what a reservation holds or has charged. <c>CostTracker.AdjustAsync</c> needs it.</summary>
    /// <param name="id">The reservation.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The lines; <see langword="null"/> if the ledger does not know the reservation, or does not support this.</returns>
    ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => new((LedgerCharge?)null);

    /// <summary>Lists the accounts that have a charge or an open reservation in any period.</summary>
    /// <param name="prefix">The prefix of the names, compared ordinally; empty for all.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The names, each once.</returns>
    ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Adds a grant.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if its id was new.</returns>
    ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default);

    /// <summary>Replaces the charges of a closed reservation.</summary>
    /// <param name="adjustment">The adjustment; as many amounts as the reservation has lines.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether anything changed, and each account before and after. An unknown or open reservation changes nothing.</returns>
    ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default);

    /// <summary>Waits for a change of an account, for a moment at most: the result is a hint to reserve again.</summary>
    /// <param name="account">The account.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that completes after a change, or after a few hundred milliseconds at the latest.</returns>
    Task WaitForChangeAsync(string account, CancellationToken cancellationToken);
}
