namespace MeaiBudget;

/// <summary>The outcome of an attempt for ledgers that keep records. Holds no content of messages.</summary>
public sealed record LedgerSettlementInfo
{
    /// <summary>Gets when it was settled.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets the answering model, as the provider named it; <see langword="null"/> if it named none.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets the usage.</summary>
    public BillableUsage Usage { get; init; }

    /// <summary>Gets the cost.</summary>
    public Cost Cost { get; init; }

    /// <summary>Gets how the attempt ended: <c>ok</c>, or the failure's kind.</summary>
    public string? Outcome { get; init; }
}
