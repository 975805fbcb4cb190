namespace MeaiBudget;

/// <summary>A provider's counting endpoint failed. The chat endpoint may work all the same: an estimate can stand in for the count.</summary>
internal sealed class TokenCountException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="failure">Why it failed.</param>
    /// <param name="innerException">What the SDK threw.</param>
    public TokenCountException(ChatFailure failure, Exception innerException)
        : base($"The provider did not count the tokens ({failure?.Kind}). Go on with an estimate, or see Failure for the reason.", innerException) =>
        Failure = failure ?? throw new ArgumentNullException(nameof(failure));

    /// <summary>Gets why it failed.</summary>
    public ChatFailure Failure { get; }

    /// <inheritdoc/>
    /// <remarks>What other libraries wrote into the inner exceptions passes <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
