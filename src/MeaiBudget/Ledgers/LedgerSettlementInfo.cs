namespace MeaiBudget;

/// <summary>How an attempt ended, as a ledger that keeps records writes it down. Holds no content.</summary>
public sealed record LedgerSettlementInfo
{
    /// <summary>Gets when it was settled.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets the model that answered.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets the usage.</summary>
    public BillableUsage Usage { get; init; }

    /// <summary>Gets the cost.</summary>
    public Cost Cost { get; init; }

    /// <summary>Gets how the attempt ended: <c>ok</c>, or the failure's kind.</summary>
    public string? Outcome { get; init; }
}
