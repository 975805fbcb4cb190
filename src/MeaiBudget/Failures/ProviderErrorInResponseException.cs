namespace MeaiBudget;

/// <summary>A provider answered with success and then put an error into the body, where the SDK would not have noticed it.</summary>
/// <remarks>Not an <see cref="IOException"/>: SDKs send a request again after one, and this one was answered.</remarks>
public sealed class ProviderErrorInResponseException : InvalidOperationException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="failure">What the error says.</param>
    public ProviderErrorInResponseException(ChatFailure failure)
        : base($"The provider answered with success and then reported an error: {failure?.ProviderCode ?? failure?.Kind.ToString()}.") =>
        Failure = failure ?? throw new ArgumentNullException(nameof(failure));

    /// <summary>Gets what the error says. The provider's text is not kept: it may quote the request.</summary>
    public ChatFailure Failure { get; }
}
