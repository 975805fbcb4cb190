namespace MeaiBudget;

/// <summary>A ledger could not carry out an operation; whether it was applied may be unknown.</summary>
public class SpendLedgerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ledger">The ledger's name.</param>
    /// <param name="message">What happened and what to do; no secret.</param>
    /// <param name="innerException">The store's own exception.</param>
    public SpendLedgerException(string ledger, string message, Exception? innerException = null)
        : base(message, innerException) => Ledger = ledger;

    /// <summary>Gets the ledger's name.</summary>
    public string Ledger { get; }

    /// <inheritdoc/>
    /// <remarks>What other libraries wrote into the inner exceptions passes <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
