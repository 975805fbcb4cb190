namespace MeaiBudget;

/// <summary>The HTTP pipeline of our factories' clients.</summary>
internal static class ProviderHttp
{
    /// <summary>Gets the one pool of connections for the process; renewed now and then so that a change of DNS is seen.</summary>
    public static HttpMessageHandler Shared { get; } = new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),

        // A redirect would carry the prompt to another host.
        AllowAutoRedirect = false,

        // An answer that its reader leaves ends at once: whatever the provider went on making would be billed.
        ResponseDrainTimeout = TimeSpan.Zero,
    };

    /// <summary>Makes a client that observes what is sent and raises errors that stand inside successes.</summary>
    /// <param name="options">The factory's options; a handler in them is used and not disposed.</param>
    /// <param name="timeout">The client's own timeout; infinite where the SDK has one.</param>
    public static HttpClient CreateClient(ProviderClientOptions options, TimeSpan timeout) =>
        new(new WireObservationHandler(new ProviderErrorDetectionHandler(InnermostHandler.Around(HandlerOf(options)))), disposeHandler: false) { Timeout = timeout };

    /// <summary>Makes a client that turns chat requests into questions for a counting endpoint; unobserved, since no attempt is made.</summary>
    public static HttpClient CreateCountingClient(ProviderClientOptions options, TokenCountEndpoint endpoint) =>
        new(new TokenCountHandler(endpoint, HandlerOf(options)), disposeHandler: false) { Timeout = options.Timeout };

    private static HttpMessageHandler HandlerOf(ProviderClientOptions options) => options.HttpMessageHandler ?? Shared;
}
