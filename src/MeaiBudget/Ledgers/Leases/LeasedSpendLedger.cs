namespace MeaiBudget;

/// <summary>
/// A ledger that leases slices of busy accounts from a shared one, the far ledger, and admits calls against them in memory. Exact all the same:
/// the far ledger holds each slice.
/// </summary>
/// <remarks>
/// <para>
/// An account with several calls in the last seconds gets a slice. Reservations and settlements in slices do not ask the far ledger; one exchange
/// each second (<see cref="ISpendLedger.ExchangeAsync"/>) reports what all of them cost and holds what is needed next. Accounts that are
/// quiet or nearly spent, and what a slice cannot hold, go to the far ledger for each call. A call with both kinds of accounts is admitted
/// in all or in none.
/// </para>
/// <para>
/// A process that dies leaves its slices to their leases: the far ledger charges them in full. While the far ledger is away, calls
/// are admitted against slices until their leases end. A change of the ledger's settings is obeyed after the next exchange.
/// </para>
/// <para>
/// Calls in slices leave no records in the far ledger, and what a process has not exchanged yet is missing in what others read. Thread-safe.
/// </para>
/// </remarks>
public sealed partial class LeasedSpendLedger : ISpendLedger, IDisposable, IAsyncDisposable
{
    private const int MostReads = 3;

    private readonly ISpendLedger _ledger;
    private readonly ISpendLedger _far;
    private readonly SliceRules _rules;
    private readonly SliceBook _book;

    /// <summary>Makes a ledger on a shared one.</summary>
    /// <param name="ledger">The shared ledger, for example on Redis or PostgreSQL. It is disposed with this one.</param>
    /// <param name="mostShare">The largest part of a limit that this process may hold in its slice, above 0 and at most 1; 1 % by default. An account of which it is less than three of its largest calls goes to the shared ledger for each call.</param>
    /// <exception cref="ArgumentException">The ledger does not support exchanges.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mostShare"/> is out of its range.</exception>
    public LeasedSpendLedger(ISpendLedger ledger, double mostShare = 0.01)
        : this(ledger, GuardedLedger.Of(CheckedLedger(ledger)), RulesOf(ledger, mostShare))
    {
    }

    /// <summary>Makes a ledger with rules of its own, on a far ledger that is guarded already.</summary>
    internal LeasedSpendLedger(ISpendLedger ledger, ISpendLedger far, SliceRules rules)
    {
        _ledger = ledger;
        _far = far;
        _rules = rules;
        _book = new SliceBook(rules);
        _timer = rules.Clock.CreateTimer(static state => ((LeasedSpendLedger)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _sentAt = rules.Clock.GetTimestamp() - rules.Timestamps(rules.Every);
        ledger.LeaseExpired += OnFarLeaseExpired;
    }

    /// <inheritdoc/>
    /// <remarks>Not raised for slices.</remarks>
    public event Action<LedgerLeaseExpiry>? LeaseExpired;

    /// <inheritdoc/>
    public string Name => _ledger.Name;

    /// <summary>Gets a value indicating whether the ledger keeps records: <see langword="false"/>, because the shared ledger does not learn of single calls.</summary>
    public bool KeepsRecords => false;

    /// <inheritdoc/>
    public TimeProvider Clock => _ledger.Clock;

    /// <summary>Gets the circuit of the far ledger; <see langword="null"/> if it is never away.</summary>
    internal LedgerCircuit? Circuit => (_far as GuardedLedger)?.Circuit;

    /// <summary>Gets the slices of this process.</summary>
    internal SliceBook Book => _book;

    /// <inheritdoc/>
    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        reservation.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        SliceAdmission admission = _book.Admit(reservation);
        AfterOperation();
        return admission is { Parts: null, ReleasesFirst: false } ? new(admission.Result) : ReserveFarAsync(reservation, admission, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        settlement.Validate();
        LedgerSettlementResult? result = _book.Settle(settlement, out LedgerSettlement? far, out LedgerParts? parts, out bool releasesFirst);
        AfterOperation();
        return far is null ? new(result!.Value) : SettleFarAsync(far, result, parts, releasesFirst, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        (bool isReleased, bool asksFar, LedgerParts? parts) = _book.Release(id);
        AfterOperation();
        return asksFar ? ReleaseFarAsync(id, isReleased, parts, cancellationToken) : new(isReleased);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        id.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        (bool isRenewed, bool asksFar) = _book.Renew(id, lease);
        AfterOperation();
        return (asksFar && await _far.RenewAsync(id, lease, cancellationToken)) || isRenewed;
    }

    /// <inheritdoc/>
    /// <remarks>Reads the far ledger, and adds what this process has charged and holds since its last exchange. What other processes have not exchanged yet is held.</remarks>
    public async ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        for (int tries = 1; ; tries++)
        {
            // An exchange that runs meanwhile may or may not be in what is read.
            long exchanges = await ExchangedAsync(cancellationToken);
            LedgerLineState[] states = [.. await _far.ReadAsync(accounts, cancellationToken)];
            _book.Correct(accounts, states);
            AfterOperation();
            if (tries == MostReads || exchanges == Volatile.Read(ref _exchanges))
            {
                return states;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        LedgerCharge? charge = _book.Find(id, out LedgerParts? parts);
        AfterOperation();
        if (charge is not null && parts is null)
        {
            return charge;
        }

        LedgerCharge? far = await _far.FindAsync(id, cancellationToken);
        return charge is null ? far
            : far is null ? null
            : new LedgerCharge(charge.IsOpen || far.IsOpen, parts!.Merge(charge.Accounts, far.Accounts), parts.Merge(charge.Amounts, far.Amounts));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) =>
        [.. _book.FindAll(callId, attempt).Union(await _far.FindAllAsync(callId, attempt, cancellationToken))];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        _far.ListAccountsAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>As the far ledger knows them: what is in slices is held until the next exchange.</remarks>
    public ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default) =>
        _far.ReadPageAsync(accounts, contains, isByCharged, after, count, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        _far.ReadSettingsAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>This process follows the change at once, and others that lease after their next exchange.</remarks>
    public async ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default)
    {
        long version = await _far.WriteSettingAsync(name, value, cancellationToken);
        _book.Learn(version);
        return version;
    }

    /// <inheritdoc/>
    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => _far.GrantAsync(grant, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>
    /// An account is adjusted in the far ledger. Before that, this process tells it what it has charged to the account. This process and others
    /// that lease follow after their next exchange.
    /// </remarks>
    public async ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        adjustment.Validate();
        if (adjustment.Account is { } account)
        {
            return await AdjustAccountAsync(adjustment, account, cancellationToken);
        }

        LedgerSettlementResult? result = _book.Adjust(adjustment, out LedgerAdjustment? far, out LedgerParts? parts);
        AfterOperation();
        return far is null ? result!.Value : Merge(result, await _far.AdjustAsync(far, cancellationToken), parts);
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        return _book.WhenChanged(account) is { } changed ? WaitForEitherAsync(changed, account, cancellationToken) : _far.WaitForChangeAsync(account, cancellationToken);
    }

    private static ISpendLedger CheckedLedger(ISpendLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return ledger.SupportsExchange
            ? ledger
            : throw new ArgumentException($"The ledger '{ledger.Name}' cannot be leased in slices. Use a ledger on Redis or PostgreSQL, or this ledger without leases.", nameof(ledger));
    }

    private static SliceRules RulesOf(ISpendLedger ledger, double mostShare)
    {
        if (!(mostShare is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(mostShare), mostShare, "The largest part of a limit that a process holds must be above 0 and at most 1.");
        }

        return new SliceRules { Clock = ledger.Clock, MostShare = (decimal)mostShare };
    }

    private static LedgerSettlementResult Merge(LedgerSettlementResult? local, LedgerSettlementResult far, LedgerParts? parts) =>
        local is not { } own || parts is null ? far : new LedgerSettlementResult(
            own.IsApplied || far.IsApplied, parts.Merge(own.Before, far.Before), parts.Merge(own.After, far.After))
        { IsUnknown = far.IsUnknown };

    private async ValueTask<LedgerSettlementResult> AdjustAccountAsync(LedgerAdjustment adjustment, LedgerAccountQuery account, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        for (int tries = 1; ; tries++)
        {
            // The far ledger decides by what it knows whether the account has a charge and whether it stays above zero.
            if (_book.HasUntold(account))
            {
                failure = await ExchangeSoonAsync().WaitAsync(cancellationToken);
            }

            IReadOnlyList<LedgerLineState> before = await ReadAsync([account], cancellationToken);
            LedgerSettlementResult adjusted = await _far.AdjustAsync(adjustment, cancellationToken);
            bool isFinal = adjusted.IsApplied || (!adjusted.IsUnknown && adjustment.Amounts[0] >= 0) || !_book.HasUntold(account);
            if (isFinal || (tries == MostReads && failure is null))
            {
                return adjusted.IsUnknown ? adjusted : adjusted with { Before = before, After = await ReadAsync([account], cancellationToken) };
            }

            if (tries == MostReads)
            {
                throw new SpendLedgerException(
                    Name,
                    $"Adjustment {adjustment.Id} was not applied: the ledger '{Name}' does not know all that this process has charged to the account, and could not be told. Repeat the adjustment with the same id. The failure is the inner exception.",
                    failure);
            }
        }
    }

    private async ValueTask<LedgerReservationResult> ReserveFarAsync(LedgerReservation reservation, SliceAdmission admission, CancellationToken cancellationToken)
    {
        for (bool isRepeated = false; ; isRepeated = true)
        {
            LedgerParts parts = admission.Parts ?? new LedgerParts([], []);
            LedgerReservation asked = reservation;
            LedgerReservationResult far;
            bool hidesShadows = false;
            try
            {
                if (admission.ReleasesFirst)
                {
                    await _far.ReleaseAsync(reservation.Id, cancellationToken);
                    if (admission.Parts is null)
                    {
                        return admission.Result;
                    }
                }

                asked = parts.Local.Length == 0 ? reservation : reservation with { Lines = LedgerParts.Pick(reservation.Lines, parts.Far) };
                bool hasShadows = asked.Lines.Any(line => line.Mode == LedgerLineMode.Shadow);
                far = await _far.ReserveAsync(hasShadows ? asked with { WantsStates = true } : asked, cancellationToken);
                if (hasShadows && far.IsAdmitted && !isRepeated && !admission.IsRepeated && _book.HidesShadows(asked.Lines, far.Lines))
                {
                    await _far.ReleaseAsync(reservation.Id, cancellationToken);
                    far = new LedgerReservationResult(false, []);
                    hidesShadows = true;
                }
            }
            catch
            {
                if (!admission.IsRepeated)
                {
                    _book.Undo(reservation, parts, null);
                }

                throw;
            }

            LedgerReservationResult stated = far with { Lines = _book.Correct(asked.Lines, far.Lines, isRefused: !far.IsAdmitted) };
            if (far.IsAdmitted)
            {
                return parts.Local.Length == 0 ? stated : new LedgerReservationResult(true, reservation.WantsStates ? parts.Merge(admission.Result.Lines, stated.Lines) : []);
            }

            if (far.SettingsChanged && admission.IsRepeated)
            {
                // The far ledger has not looked whether it holds the reservation.
                return stated;
            }

            bool fitsNow = _book.Undo(reservation, parts, stated);
            AfterOperation();
            if ((!fitsNow && !hidesShadows) || isRepeated)
            {
                return parts.Local.Length == 0 || far.SettingsChanged ? stated : far with { Lines = parts.Merge(_book.States(reservation, parts), stated.Lines) };
            }

            // This process holds what the call needs. It returns that, so that the far ledger can admit the call.
            await ExchangeSoonAsync().WaitAsync(cancellationToken);
            admission = _book.Admit(reservation);
            AfterOperation();
            if (admission is { Parts: null, ReleasesFirst: false })
            {
                return admission.Result;
            }
        }
    }

    private async ValueTask<LedgerSettlementResult> SettleFarAsync(
        LedgerSettlement far, LedgerSettlementResult? local, LedgerParts? parts, bool releasesFirst, CancellationToken cancellationToken)
    {
        if (releasesFirst)
        {
            await _far.ReleaseAsync(far.Id, cancellationToken);
        }

        return Merge(local, Correct(await _far.SettleAsync(far, cancellationToken), far.Reservation?.Lines), parts);
    }

    private LedgerSettlementResult Correct(LedgerSettlementResult result, IReadOnlyList<LedgerLine>? lines) => lines is null ? result : result with
    {
        Before = _book.Correct(lines, result.Before, isRefused: false),
        After = _book.Correct(lines, result.After, isRefused: false),
    };

    private async ValueTask<bool> ReleaseFarAsync(LedgerReservationId id, bool isReleased, LedgerParts? parts, CancellationToken cancellationToken)
    {
        if (!await _far.ReleaseAsync(id, cancellationToken))
        {
            return isReleased;
        }

        if (parts is not null)
        {
            _book.ForgetParts(id, parts);
        }

        return true;
    }

    private async Task WaitForEitherAsync(Task changed, string account, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task far = _far.WaitForChangeAsync(account, stop.Token);
        await Task.WhenAny(changed, far);
        await stop.CancelAsync();
        await far.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void OnFarLeaseExpired(LedgerLeaseExpiry expiry)
    {
        if (expiry.Id.Owner != SliceBook.Owner)
        {
            LeaseExpired?.Invoke(expiry);
        }
    }
}
