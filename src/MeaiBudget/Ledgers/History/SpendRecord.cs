namespace MeaiBudget;

/// <summary>A sum of attempts, or a single one, of a history. Holds no content of messages.</summary>
public sealed record SpendRecord
{
    /// <summary>Gets the values of the query's groups, in their order; empty for a single attempt.</summary>
    public IReadOnlyList<string> Group { get; init; } = [];

    /// <summary>Gets the number of attempts.</summary>
    public long Attempts { get; init; }

    /// <summary>Gets the attempts for which nothing was billed.</summary>
    public long Released { get; init; }

    /// <summary>Gets the attempts that are not settled yet.</summary>
    public long Open { get; init; }

    /// <summary>Gets the settled attempts without a known price. <see cref="Spent"/> does not include their cost.</summary>
    public long Unpriced { get; init; }

    /// <summary>Gets the tokens by kind, of the attempts that were settled.</summary>
    public BillableUsage Usage { get; init; }

    /// <summary>Gets what was charged, after corrections, in US dollars.</summary>
    public decimal Spent { get; init; }

    /// <summary>Gets the part of <see cref="Spent"/> that no provider has confirmed, in US dollars.</summary>
    public decimal Unconfirmed { get; init; }

    /// <summary>Gets what open attempts have reserved, in US dollars.</summary>
    public decimal Held { get; init; }

    /// <summary>Gets when the first attempt was admitted; <see langword="null"/> if there is none.</summary>
    public DateTimeOffset? First { get; init; }

    /// <summary>Gets when the last attempt was admitted; <see langword="null"/> if there is none.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>Gets the attempt's reservation; <see langword="null"/> for a sum, as are the following properties.</summary>
    public LedgerReservationId? Id { get; init; }

    /// <summary>Gets the attempt.</summary>
    public LedgerCallInfo? Call { get; init; }

    /// <summary>Gets when the attempt was settled; <see langword="null"/> if it was not.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Gets the answering model, as the provider named it.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets how the attempt ended: <c>ok</c>, or the failure's kind.</summary>
    public string? Outcome { get; init; }

    /// <summary>Gets how the settled cost was determined.</summary>
    public CostKind CostKind { get; init; }

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch PriceMatch { get; init; }

    /// <summary>Gets further facts about the settled cost.</summary>
    public CostFlags CostFlags { get; init; }

    /// <summary>Gets the accounts that hold or were charged an amount, after corrections, in their units.</summary>
    public IReadOnlyList<KeyValuePair<string, long>>? Accounts { get; init; }

    /// <summary>Gets the state of the attempt: <c>open</c>, <c>settled</c>, <c>unconfirmed</c>, <c>released</c> or <c>expired</c>.</summary>
    public string? State { get; init; }

    /// <summary>Gets the place of the record in its order, for <see cref="SpendQuery.After"/>.</summary>
    public string Cursor { get; init; } = "";
}
