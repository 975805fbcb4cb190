namespace MeaiBudget;

/// <summary>An amount on top of an account's limit, for a while.</summary>
public sealed record LedgerGrant
{
    /// <summary>Gets the grant's id; granting it again changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Gets the account.</summary>
    public required string Account { get; init; }

    /// <summary>Gets the amount, in the account's unit, more than zero.</summary>
    public required long Amount { get; init; }

    /// <summary>Gets when it ends; what was admitted under it stays.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Gets who granted it and why, for the audit.</summary>
    public required string Reason { get; init; }
}
