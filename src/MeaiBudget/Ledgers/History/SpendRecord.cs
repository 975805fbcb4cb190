namespace MeaiBudget;

/// <summary>A sum of attempts, or a single one, of a history. Holds no content of messages.</summary>
public sealed record SpendRecord
{
    /// <summary>Gets the values of the query's groups, in their order; empty for a single attempt.</summary>
    public IReadOnlyList<string> Group { get; init; } = [];

    /// <summary>Gets the number of attempts, without those that a budget refused.</summary>
    public long Attempts { get; init; }

    /// <summary>Gets the attempts for which nothing was billed.</summary>
    public long Released { get; init; }

    /// <summary>Gets the attempts that a budget refused, so that nothing was sent.</summary>
    public long Refused { get; init; }

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

    /// <summary>
    /// Gets the entry of the price catalog that the charge used: the catalog's digest, the provider and the model, see
    /// <see cref="Cost.PriceId"/>; <see langword="null"/> if no catalog had a price.
    /// </summary>
    public string? PriceId { get; init; }

    /// <summary>
    /// Gets which budget refused the attempt, why, and what was needed and left; <see langword="null"/> if none did. If
    /// <see cref="Refused"/> is above 1, the record stands for as many refusals of the same kind, and this is the last one's.
    /// </summary>
    public SpendRefusal? Refusal { get; init; }

    /// <summary>Gets the accounts that hold or were charged an amount, after corrections, in their units. Of a refusal, the account of the budget that refused.</summary>
    public IReadOnlyList<KeyValuePair<string, long>>? Accounts { get; init; }

    /// <summary>Gets the state of the attempt: <c>open</c>, <c>settled</c>, <c>unconfirmed</c>, <c>released</c>, <c>expired</c> or <c>refused</c>.</summary>
    public string? State { get; init; }

    /// <summary>Gets the place of the record in its order, for <see cref="SpendQuery.After"/>.</summary>
    public string Cursor { get; init; } = "";
}
