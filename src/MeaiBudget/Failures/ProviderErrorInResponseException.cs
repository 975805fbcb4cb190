namespace MeaiBudget;

/// <summary>Thrown if a provider sends an error in the body of a response with a success status, which the SDK would have ignored.</summary>
/// <remarks>Not an <see cref="IOException"/>, because SDKs repeat a request after one, although the provider has already answered it.</remarks>
internal sealed class ProviderErrorInResponseException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="failure">The classified error.</param>
    public ProviderErrorInResponseException(ChatFailure failure)
        : base($"The provider sent a success status and then an error in the body: {failure?.ProviderCode ?? failure?.Kind.ToString()}.") =>
        Failure = failure ?? throw new ArgumentNullException(nameof(failure));

    /// <summary>Gets the classified error. The provider's text is not kept, because it may quote the request.</summary>
    public ChatFailure Failure { get; }
}
