namespace MeaiBudget;

/// <summary>Thrown if a provider's counting endpoint failed. The chat endpoint may still work; use an estimate instead of the count.</summary>
internal sealed class TokenCountException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="failure">The classified error.</param>
    /// <param name="innerException">The exception of the SDK.</param>
    public TokenCountException(ChatFailure failure, Exception innerException)
        : base($"The provider did not count the tokens ({failure?.Kind}). Use an estimate instead. The Failure property has the reason.", innerException) =>
        Failure = failure ?? throw new ArgumentNullException(nameof(failure));

    /// <summary>Gets the classified error.</summary>
    public ChatFailure Failure { get; }

    /// <inheritdoc/>
    /// <remarks>The text of inner exceptions is redacted with <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
