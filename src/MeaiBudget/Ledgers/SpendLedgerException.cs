namespace MeaiBudget;

/// <summary>Thrown if the store of a ledger fails. The operation may have been applied.</summary>
public class SpendLedgerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ledger">The ledger's name.</param>
    /// <param name="message">The message: what happened and what to do; no secret.</param>
    /// <param name="innerException">The store's own exception.</param>
    public SpendLedgerException(string ledger, string message, Exception? innerException = null)
        : base(message, innerException) => Ledger = ledger;

    /// <summary>Gets the ledger's name.</summary>
    public string Ledger { get; }

    /// <inheritdoc/>
    /// <remarks>The text passes <see cref="SecretRedactor.Default"/>, since inner exceptions of other libraries may hold secrets.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
