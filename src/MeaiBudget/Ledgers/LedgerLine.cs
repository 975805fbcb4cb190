namespace MeaiBudget;

/// <summary>One account that a reservation holds an amount in.</summary>
/// <remarks>
/// An account has one unit (nano-dollars, tokens or requests), which a ledger need not know: it only adds. Amounts are kept by period
/// index, so nothing is ever reset. A calendar budget reads one index, a rolling budget a range of them.
/// </remarks>
public readonly record struct LedgerLine
{
    // Packed: a reservation has several lines.
    private readonly long _forgetAfter;
    private readonly long _limit;
    private readonly bool _hasLimit;
    private readonly byte _mode;

    /// <summary>
    /// Gets the account's name: budget, unit and partition key, escaped so that no two accounts share a name. Names are compared
    /// ordinally and may hold any character, also NUL and half of a surrogate pair.
    /// </summary>
    public required string Account { get; init; }

    /// <summary>Gets the index of the period that is charged; any number, negative too.</summary>
    public required long Period { get; init; }

    /// <summary>
    /// Gets the first period index that counts against the limit, not above <see cref="Period"/>. Equal to it for a calendar budget:
    /// then only this period counts. Below it for a rolling budget: then the range counts, open reservations count whatever their
    /// period, and so do the periods after <see cref="Period"/>, as many as the range is long. The reason for these: a process whose
    /// clock is behind must not overlook what another one charged.
    /// </summary>
    public required long FirstPeriod { get; init; }

    /// <summary>Gets when <see cref="Period"/> no longer counts against any limit. A ledger may forget the period's charges after that.</summary>
    public required DateTimeOffset ForgetAfter
    {
        get => new(_forgetAfter, TimeSpan.Zero);
        init => _forgetAfter = value.UtcTicks;
    }

    /// <summary>Gets the amount to hold, in the account's unit, zero or more.</summary>
    public required long Amount { get; init; }

    /// <summary>Gets the limit before grants, in the account's unit; <see langword="null"/> for none.</summary>
    public long? Limit
    {
        get => _hasLimit ? _limit : null;
        init => (_hasLimit, _limit) = (value.HasValue, value.GetValueOrDefault());
    }

    /// <summary>Gets what happens if the line does not fit its limit.</summary>
    public LedgerLineMode Mode
    {
        get => (LedgerLineMode)_mode;
        init => _mode = (byte)value;
    }

    /// <summary>Compares the line with its account: held + charged + amount &lt;= limit + grants in force.</summary>
    /// <param name="account">The account before the reservation.</param>
    /// <returns>True if the line fits or has no limit. Exact for all values; nothing overflows.</returns>
    public bool FitsIn(in LedgerLineState account) =>
        !_hasLimit || (Int128)account.Held + account.Charged + Amount <= (Int128)_limit + account.Granted;
}
