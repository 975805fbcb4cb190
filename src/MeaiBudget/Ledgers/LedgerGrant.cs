namespace MeaiBudget;

/// <summary>An amount on top of an account's limit, until a moment.</summary>
public sealed record LedgerGrant
{
    /// <summary>Gets the grant's id. Granting it again changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Gets the account.</summary>
    public required string Account { get; init; }

    /// <summary>Gets the amount in the account's unit, more than zero.</summary>
    public required long Amount { get; init; }

    /// <summary>Gets when the grant ends, by the ledger's clock. Reservations that it admitted stay.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Gets who granted it and why, for the audit. A secret in it is redacted.</summary>
    public required string Reason { get; init => field = WrittenText.Of(value); }

    /// <summary>Checks the arguments that every ledger rejects; a ledger calls this before it changes anything.</summary>
    /// <exception cref="ArgumentException">The account or the reason is <see langword="null"/>, or the amount is not more than zero.</exception>
    public void Validate()
    {
        if (Account is null)
        {
            throw new ArgumentException($"Grant {Id} has no account.");
        }

        if (Amount <= 0)
        {
            throw new ArgumentException($"Grant {Id} to account '{Account}' must be more than zero; it is {Amount}.");
        }

        if (Reason is null)
        {
            throw new ArgumentException($"Grant {Id} to account '{Account}' has no reason.");
        }
    }
}
