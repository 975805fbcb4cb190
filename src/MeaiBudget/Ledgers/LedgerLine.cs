namespace MeaiBudget;

/// <summary>One account that a reservation takes from.</summary>
/// <remarks>
/// The unit (nano-dollars, tokens, requests) is the account's own; a ledger only adds. An account's spend is kept by period
/// index, so that there is nothing to reset: a calendar budget looks at one index, a rolling budget at a range of buckets.
/// </remarks>
public readonly record struct LedgerLine
{
    // Packed: several lines lie in every reservation.
    private readonly long _forgetAfter;
    private readonly long _limit;
    private readonly bool _hasLimit;
    private readonly byte _mode;

    /// <summary>Gets the account: budget name, unit and partition key, escaped so that no two accounts share a name.</summary>
    public required string Account { get; init; }

    /// <summary>Gets the index of the period that is charged.</summary>
    public required long Period { get; init; }

    /// <summary>
    /// Gets the first index that counts against the limit; equal to <see cref="Period"/> for a calendar budget, the oldest
    /// bucket that is not wholly outside for a rolling one. Open reservations count in a rolling budget whatever their age, and so does
    /// what lies after <see cref="Period"/>, as far as the range is long: a process whose clock is behind, or was set back, must not
    /// overlook what was charged in its future.
    /// </summary>
    public required long FirstPeriod { get; init; }

    /// <summary>Gets when the last moment of <see cref="Period"/> no longer counts against any limit; a ledger may forget the period's spend after that.</summary>
    public required DateTimeOffset ForgetAfter
    {
        get => new(_forgetAfter, TimeSpan.Zero);
        init => _forgetAfter = value.UtcTicks;
    }

    /// <summary>Gets the amount to reserve, zero or more.</summary>
    public required long Amount { get; init; }

    /// <summary>Gets the limit before grants; <see langword="null"/> for none.</summary>
    public long? Limit
    {
        get => _hasLimit ? _limit : null;
        init => (_hasLimit, _limit) = (value.HasValue, value.GetValueOrDefault());
    }

    /// <summary>Gets how the line meets its limit.</summary>
    public LedgerLineMode Mode
    {
        get => (LedgerLineMode)_mode;
        init => _mode = (byte)value;
    }
}
