namespace MeaiBudget;

/// <summary>A request was stopped at the wire, for a reason that is no budget's.</summary>
/// <remarks>No exception that SDKs retry.</remarks>
internal sealed class WireSendException : InvalidOperationException
{
    private WireSendException(string message, bool isAfterSending)
        : base(message) => IsAfterSending = isAfterSending;

    /// <summary>Gets a value indicating whether the request had been sent.</summary>
    public bool IsAfterSending { get; }

    /// <summary>The attempt ended, and something below still sends.</summary>
    public static WireSendException Closed() =>
        new("The attempt that this request belongs to has ended. The request was not sent, since nothing is reserved for it.", isAfterSending: false);

    /// <summary>A handler below followed a redirect.</summary>
    /// <param name="host">The host to which the request went.</param>
    public static WireSendException Redirected(string? host) =>
        new($"The request was redirected to '{WrittenText.Of(host)}', and the answer was discarded. Set AllowAutoRedirect to false on the handler that sends, or use the final address.", isAfterSending: true);
}
