namespace MeaiBudget;

/// <summary>One account and period that calls of this process use: how much, and its slice. Not thread-safe: the <see cref="SliceBook"/> locks.</summary>
internal sealed class LeasedAccount(LedgerLine line, SliceRules rules)
{
    private const int FullScale = 128;
    private const int LeastScale = 8;

    private long _windowStart;
    private int _windowCalls;
    private long _calls;
    private long _amount;
    private long _measuredAt;
    private int _idleExchanges;
    private int _scale = FullScale;
    private long? _lowestLimit;

    /// <summary>Gets the newest line with the lowest limit since the last exchange.</summary>
    public LedgerLine Line { get; private set; } = line;

    public Slice? Slice { get; set; }

    /// <summary>Gets or sets a value indicating whether the account takes part in exchanges.</summary>
    public bool IsActive { get; set; }

    /// <summary>Gets or sets the timestamp before which calls go to the far ledger, since the account is nearly spent.</summary>
    public long DirectUntil { get; set; }

    /// <summary>Gets or sets what a call wants that the far ledger refused because others hold it.</summary>
    public long Asked { get; set; }

    /// <summary>Gets or sets a value indicating whether the next exchange returns what no call holds, since the far ledger needs it for a call.</summary>
    public bool Returns { get; set; }

    /// <summary>Gets what is reserved in a second, by the last exchanges.</summary>
    public long Rate { get; private set; }

    /// <summary>Gets the largest amount of a call, of late.</summary>
    public long Largest { get; private set; }

    /// <summary>Gets the timestamp of the last call.</summary>
    public long UsedAt { get; private set; }

    /// <summary>Gets or sets the account as the far ledger last stated it.</summary>
    public LedgerLineState Far { get; set; }

    /// <summary>Gets or sets the charge that a settlement last told, so that no step between two of them is missed; -1 for none.</summary>
    public long Told { get; set; } = -1;

    /// <summary>Gets a value indicating whether another exchange can make the slice larger.</summary>
    public bool CanGrow { get; private set; } = true;

    /// <summary>Counts a call. Returns true if the account is busy: it is worth a slice.</summary>
    public bool Use(in LedgerLine line, long timestamp)
    {
        if (rules.Clock.GetElapsedTime(_windowStart, timestamp) > rules.Horizon)
        {
            _windowStart = timestamp;
            _windowCalls = 0;
            if (Slice is null)
            {
                (_calls, _amount, _measuredAt) = (0, 0, timestamp);
            }
        }

        _windowCalls++;
        _calls++;
        _amount = SaturatingMath.Add(_amount, line.Amount);
        UsedAt = timestamp;
        Largest = Math.Max(Largest, line.Amount);
        if (line.Limit is { } limit && (_lowestLimit is not { } lowest || limit < lowest))
        {
            _lowestLimit = limit;
        }

        if (Slice is null)
        {
            Line = line;
        }

        return _windowCalls >= rules.CallsForSlice;
    }

    /// <summary>Returns the largest slice of the account under its limit, or zero if the account goes to the far ledger for each call.</summary>
    public long MostHeld(long? limit)
    {
        if (limit is not { } known)
        {
            return long.MaxValue;
        }

        long most = (long)(known * rules.MostShare);
        return most < SaturatingMath.Multiply(Largest, rules.LeastCalls) ? 0 : most;
    }

    /// <summary>Decides what the slice should hold next, besides what its calls hold, and begins to measure anew.</summary>
    /// <param name="slice">The slice; <see langword="null"/> if none is open.</param>
    /// <param name="inUse">What calls hold in it.</param>
    /// <param name="timestamp">The time.</param>
    public long WantedSpare(Slice? slice, long inUse, long timestamp)
    {
        long ticks = Math.Max(rules.ShortestMeasure.Ticks, rules.Clock.GetElapsedTime(_measuredAt, timestamp).Ticks);
        long rate = (long)Int128.Min((Int128)_amount * TimeSpan.TicksPerSecond / ticks, long.MaxValue);

        // Up at once, down by half, so that a pause between two calls does not close the slice.
        Rate = Math.Max(rate, (Rate / 2) + (rate / 2));
        _idleExchanges = _calls == 0 ? _idleExchanges + 1 : 0;
        bool isIdle = _idleExchanges >= 2;
        bool isLowered = slice?.Line.Limit is { } old && _lowestLimit < old;
        long asked = Asked;
        if (slice is not null && _lowestLimit is not null)
        {
            slice.Line = slice.Line with { Limit = _lowestLimit };
            slice.IsSuspended |= isLowered;
        }

        long? limit = slice is null ? Line.Limit : slice.Line.Limit;
        Int128 spare = Scaled(Rate);
        long most = SaturatingMath.Take(MostHeld(limit), inUse);
        CanGrow = spare + Largest < most;
        spare = Int128.Min(spare + Largest, most);
        if (isIdle || Returns || slice is { IsSuspended: true } || timestamp < DirectUntil)
        {
            spare = 0;
        }

        // A part of what a call wants is of no use to it, but may be to others: it is returned, and all of it is asked for then.
        bool returnsFirst = asked > spare && slice is { Spare: > 0 } && slice.Spare < asked;
        long wanted = (long)Int128.Min(returnsFirst ? 0 : Int128.Max(spare, Returns || slice is { IsSuspended: true } ? 0 : asked), long.MaxValue);
        (_calls, _amount, _measuredAt, _lowestLimit, Asked, Returns) = (0, 0, timestamp, null, returnsFirst ? asked : 0, false);
        if (isIdle)
        {
            Largest = 0;
        }

        return wanted;
    }

    /// <summary>Adapts to an answer: to what others want, and to an account that is nearly spent. Returns true if others want what the slice has to spare.</summary>
    public bool Answered(long spare, long wantedSpare, bool isWantedByOthers, long timestamp)
    {
        bool isShort = spare < wantedSpare;
        CanGrow &= !isShort;
        bool returns = isWantedByOthers && !isShort;
        _scale = returns ? Math.Max(LeastScale, _scale / 4) : Math.Min(FullScale, _scale + (FullScale / 8));
        long kept = returns ? Math.Min(spare, Scaled(Rate)) : spare;
        if ((isShort || returns) && kept < SaturatingMath.Multiply(Largest, rules.LeastCalls))
        {
            // What one call after the other takes from the far ledger is exact to the last cent, and nothing lies with those who do not need it.
            DirectUntil = timestamp + rules.Timestamps(rules.DirectFor);
        }

        return returns && spare > 0;
    }

    /// <summary>What calls reserve in the time for which a slice should last, or in less of it while others want it.</summary>
    private long Scaled(long rate) => (long)Int128.Min((Int128)rate * rules.Horizon.Ticks / TimeSpan.TicksPerSecond * _scale / FullScale, long.MaxValue);
}
