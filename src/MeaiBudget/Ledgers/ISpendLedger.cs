namespace MeaiBudget;

/// <summary>Stores what budgets hold and have charged, and admits reservations against their limits.</summary>
/// <remarks>
/// <para>
/// The rule for every enforced line, checked atomically over all lines of a reservation:
/// held + charged + amount &lt;= limit + grants in force (<see cref="LedgerLine.FitsIn"/>).
/// </para>
/// <para>
/// Amounts are whole numbers in the account's unit (nano-dollars, tokens or requests), from zero; sums stop at
/// <see cref="long.MaxValue"/>. Before an operation reads anything, open reservations whose lease has ended are charged in full. If there
/// are many, a ledger may charge them in parts: the others count as held until then, and an operation on one of them charges it first.
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

    /// <summary>Gets a value indicating whether the ledger implements <see cref="ExchangeAsync"/>, which <see cref="LeasedSpendLedger"/> needs.</summary>
    bool SupportsExchange => false;

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
    /// <para>
    /// A ledger may forget a reservation an hour after its confirmed settlement. If the reservation is unknown (forgotten, lost by the
    /// store, or released) and <see cref="LedgerSettlement.Reservation"/> is given, it is charged into the periods of that reservation
    /// if its <see cref="LedgerReservation.At"/> is so late that it cannot have been settled and forgotten; all of it counts as overrun
    /// after a release. Otherwise it changes nothing, so that no late repetition is charged twice. The result is marked with
    /// <see cref="LedgerSettlementResult.IsUnknown"/> in both cases.
    /// </para>
    /// </remarks>
    /// <param name="settlement">The settlement; as many amounts as the reservation has lines.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether anything changed, and each account before and after. Without <see cref="LedgerSettlement.Reservation"/>, an unknown reservation changes nothing.</returns>
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

    /// <summary>Finds the reservations of an attempt, of all owners. <c>CostTracker.AdjustAsync</c> needs it for those made under another set of budgets.</summary>
    /// <param name="callId">The call.</param>
    /// <param name="attempt">The attempt within the call, from 1.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The ids; empty if the ledger knows none, or does not support this.</returns>
    ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) =>
        new((IReadOnlyList<LedgerReservationId>)[]);

    /// <summary>Lists the accounts that have a charge or an open reservation in any period.</summary>
    /// <param name="prefix">The prefix of the names, compared ordinally; empty for all.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The names, each once.</returns>
    ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Reads accounts with their sums, a page at a time. Leaves out accounts without a charge and a held amount in the periods.</summary>
    /// <remarks>The default implementation reads all accounts of the prefix. An account that changes between two pages may be read twice or not at all.</remarks>
    /// <param name="accounts">The prefix of the names, as <see cref="LedgerAccountQuery.Account"/>, and the periods to add up.</param>
    /// <param name="contains">A text that the rest of the name must contain, compared ordinally; empty for all.</param>
    /// <param name="isByCharged">True for the largest charge first; false for the ledger's own, constant order of names.</param>
    /// <param name="after">The last account of the page before; <see langword="null"/> for the first page.</param>
    /// <param name="count">The most accounts to return, from 1 to 10,000.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The accounts in order; fewer than <paramref name="count"/> if these are the last.</returns>
    async ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default)
    {
        var page = new LedgerPage(accounts, contains, isByCharged, after, count);
        string[] names = [.. (await ListAccountsAsync(accounts.Account, cancellationToken)).Where(page.CanHold)];
        foreach (string[] chunk in names.Chunk(1000))
        {
            IReadOnlyList<LedgerLineState> states = await ReadAsync([.. chunk.Select(name => accounts with { Account = name })], cancellationToken);
            for (int i = 0; i < chunk.Length; i++)
            {
                page.Add(chunk[i], states[i]);
            }
        }

        return page.ToList();
    }

    /// <summary>Reads the settings that all users of the ledger share, for example limits that an operator set.</summary>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The settings by name, and their version, which each change raises; version 0 and none if the ledger does not support settings.</returns>
    ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        new((0, System.Collections.Frozen.FrozenDictionary<string, string>.Empty));

    /// <summary>Changes a setting. The ledger does not interpret it; <see cref="LedgerReservation.SettingsVersion"/> makes every reservation follow it at once.</summary>
    /// <param name="name">The name, compared ordinally.</param>
    /// <param name="value">The value, at most 1,000 characters, no secret; <see langword="null"/> removes the setting.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The new version; the current one if nothing changed.</returns>
    /// <exception cref="NotSupportedException">The ledger has no settings.</exception>
    ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"The ledger '{Name}' stores no settings. Set limits in code or configuration.");

    /// <summary>Adds a grant.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>True if its id was new.</returns>
    ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default);

    /// <summary>Replaces the charges of a closed reservation, or adds a signed amount to the charge of an account in a period.</summary>
    /// <remarks>
    /// <para>Adjustments are only ever added: each is kept with its reason, and its id is applied once.</para>
    /// <para>
    /// An adjustment of an account (<see cref="LedgerAdjustment.Account"/>) is one atomic change of its charge. It changes nothing if the
    /// account has neither a charge nor an open reservation in the period (the result is marked with
    /// <see cref="LedgerSettlementResult.IsUnknown"/>, unless the ledger knows the id), or if the charge would become negative. Unconfirmed charges and overrun are lowered
    /// to the charge if they exceed it. A ledger may forget the id when the period has ended, but not within an hour.
    /// </para>
    /// </remarks>
    /// <param name="adjustment">The adjustment; as many amounts as the reservation has lines.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether anything changed, and each account before and after. An unknown or open reservation changes nothing.</returns>
    ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default);

    /// <summary>Reports what was charged against slices, and sets what they hold next: one atomic operation for all of them.</summary>
    /// <remarks>
    /// <para>
    /// A slice is a reservation with one line that its holder spends in parts, without asking the ledger for each
    /// (<see cref="LeasedSpendLedger"/>). Each settlement has its id, in <see cref="LedgerSettlement.Amounts"/> all that was charged against
    /// it so far, and in <see cref="LedgerSettlement.Reservation"/> the line with the amount wanted next and the limit, the lease from now,
    /// and, in <see cref="LedgerReservation.At"/>, when the ledger last confirmed the slice.
    /// </para>
    /// <para>
    /// For a slice that has C charged and holds H, an exchange with the charge c and the wanted amount w charges D = c - C (less than zero
    /// after a correction), and then holds min(w, max(H - max(D, 0), half of what the limit leaves - what others hold)). It so never
    /// takes back what the holder does not give, and leaves half of what is left to others. Without a limit, and for
    /// <see cref="LedgerLineMode.Record"/>, the slice holds w. What of a charge is overrun or unconfirmed is known to the holder only.
    /// </para>
    /// <para>
    /// An exchange whose sequence is not above the last one that was applied to a slice leaves the slice as it is. A slice whose lease
    /// ended was charged with H; an exchange opens it again as if it had held H all the time. With w = 0 the slice is settled; a later exchange
    /// then only corrects its charge. A slice that the ledger does not know is opened if nothing is charged or if its
    /// <see cref="LedgerReservation.At"/> is so late that it cannot have been settled and forgotten.
    /// </para>
    /// </remarks>
    /// <param name="sequence">The number of the exchange, which its holder raises each time.</param>
    /// <param name="slices">The slices, each at most once.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger. It may have been applied.</param>
    /// <returns>
    /// The version of the settings, and for each slice whether it is open, and two states: the account (it fits if the slice holds all that
    /// was wanted) and the slice itself (what is charged against it and what it holds; it does not fit if another slice of the account got
    /// less than half of what it wanted within the last two seconds, so that money that is not needed should be returned).
    /// </returns>
    /// <exception cref="NotSupportedException">The ledger does not support exchanges (<see cref="SupportsExchange"/>).</exception>
    ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"The ledger '{Name}' cannot be leased in slices. Use a ledger on Redis or PostgreSQL, or this ledger without leases.");

    /// <summary>Waits for a change of an account, for a moment at most: the result is a hint to reserve again.</summary>
    /// <param name="account">The account.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that completes after a change, or after a few hundred milliseconds at the latest.</returns>
    Task WaitForChangeAsync(string account, CancellationToken cancellationToken);
}
