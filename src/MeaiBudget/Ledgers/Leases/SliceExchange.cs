namespace MeaiBudget;

/// <summary>One exchange: what is sent, and for which slices.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="SentAt">The timestamp before it was sent.</param>
internal sealed record SliceExchange(long Sequence, long SentAt)
{
    public List<LedgerSettlement> Sent { get; } = [];

    public List<(Slice Slice, long Charged, long Wanted, long Spare)> Slices { get; } = [];
}
