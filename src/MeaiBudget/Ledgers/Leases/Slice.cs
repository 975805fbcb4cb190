namespace MeaiBudget;

/// <summary>Money of one account that the far ledger holds for this process, to be spent in parts. Not thread-safe: the <see cref="SliceBook"/> locks.</summary>
/// <remarks>
/// <para>
/// <see cref="Ceiling"/> bounds what calls have charged and hold in the slice. The rule that makes it safe: whatever of the exchanges that
/// were sent the far ledger has applied, the ceiling is not above what the far ledger has charged and holds for the slice (C + H).
/// </para>
/// <para>
/// The far ledger answers an exchange of charge c and wanted amount w with C' = c and H' = min(w, max(H - max(c - C, 0), what fits)).
/// If c is not below any charge that was sent before, C' + H' is at least min(c + w, C + H), or c if c exceeds C + H. If c is below one
/// (after a correction), H' is at least min(w, H), and H = (C + H) - C is at least the ceiling less the highest charge that was sent. So what a
/// correction frees is not used before the far ledger has confirmed it (<see cref="Spare"/>).
/// <see cref="Sent"/> lowers the ceiling to these bounds before the exchange is sent, so that it is safe whether the exchange is applied,
/// lost or late. The answer of the newest exchange says C and H, and only then may the ceiling rise. A lease that ends changes nothing:
/// the far ledger has charged C + H then.
/// </para>
/// </remarks>
internal sealed class Slice(LedgerReservationId id, LeasedAccount owner, LedgerLine line, InMemoryAccount account, InMemoryPeriod local, TimeSpan lease)
{
    private long _highestSent;

    public LedgerReservationId Id { get; } = id;

    public LeasedAccount Owner { get; } = owner;

    /// <summary>Gets or sets the line of the far ledger; its limit is the lowest under which calls use the slice.</summary>
    public LedgerLine Line { get; set; } = line;

    public TimeSpan Lease { get; } = lease;

    /// <summary>Gets the account in memory.</summary>
    public InMemoryAccount Account { get; } = account;

    /// <summary>Gets what calls have charged and hold in the slice, as a period of its own in memory.</summary>
    public InMemoryPeriod Local { get; } = local;

    /// <summary>Gets the largest sum of charged and held amounts.</summary>
    public long Ceiling { get; private set; }

    /// <summary>Gets the timestamp until which calls are admitted.</summary>
    public long UsableUntil { get; private set; }

    /// <summary>Gets what the far ledger last said to have charged.</summary>
    public long Charged { get; private set; }

    /// <summary>Gets what the far ledger last said to hold.</summary>
    public long Held { get; private set; }

    /// <summary>Gets when the far ledger last confirmed the slice, by its clock.</summary>
    public DateTimeOffset ConfirmedAt { get; private set; }

    /// <summary>Gets or sets a value indicating whether the slice only reports what its last calls cost.</summary>
    public bool IsDraining { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the account exceeds its limit, since the limit was lowered or a grant ended. The far ledger
    /// leaves to the slice what it holds, since calls may use it; new calls must not.
    /// </summary>
    public bool IsSuspended { get; set; }

    /// <summary>Gets what the slice holds beyond its calls.</summary>
    public long Spare => (long)Int128.Max(0, Ceiling - Used);

    /// <summary>
    /// Gets a value indicating whether calls hold more than the far ledger does for them, since other calls of the slice cost more than they
    /// held.
    /// </summary>
    public bool IsOverdrawn => Local.Held > 0 && (Int128)Local.Charged + Local.Held > Ceiling;

    private Int128 Used => (Int128)Math.Max(Local.Charged, _highestSent) + Local.Held;

    /// <summary>Returns true if the account has exceeded the limit of the slice.</summary>
    public bool Exceeds(in LedgerLineState account) => Line.Mode != LedgerLineMode.Record && !(Line with { Amount = 0 }).FitsIn(account);

    public bool Fits(long amount) => Used + amount <= Ceiling;

    /// <summary>Begins to be confirmed: the far ledger cannot have closed the slice before this moment.</summary>
    public void Begin(DateTimeOffset now) => ConfirmedAt = now;

    /// <summary>Lowers the ceiling to what is safe whether or not an exchange is applied.</summary>
    public void Sent(long charged, long wanted)
    {
        long bound = SaturatingMath.Add(charged, wanted);
        if (charged < _highestSent)
        {
            bound = Math.Min(bound, SaturatingMath.Add(charged, SaturatingMath.Take(Ceiling, _highestSent)));
        }

        Ceiling = Math.Min(Ceiling, bound);
        _highestSent = Math.Max(_highestSent, charged);
    }

    /// <summary>Takes over the answer of the exchange that was sent last.</summary>
    public void Answered(long charged, long held, bool isOpen, long usableUntil, DateTimeOffset now)
    {
        Charged = charged;
        Held = held;
        _highestSent = charged;
        if (isOpen)
        {
            Ceiling = SaturatingMath.Add(charged, held);
            UsableUntil = usableUntil;
            ConfirmedAt = now;
        }
        else
        {
            Ceiling = 0;
        }
    }
}
