namespace MeaiBudget;

/// <summary>Creates the HTTP clients of the providers' factories.</summary>
internal static class ProviderHttp
{
    /// <summary>The process-wide connection pool. Connections are renewed so that DNS changes take effect.</summary>
    public static HttpMessageHandler Shared { get; } = new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),

        // A redirect would send the prompt to another host.
        AllowAutoRedirect = false,

        // Close the connection as soon as a reader abandons an answer. Otherwise the provider would generate, and bill, the rest.
        ResponseDrainTimeout = TimeSpan.Zero,
    };

    /// <summary>
    /// Creates a client that observes requests and throws for errors in successful responses. The handler in the options, if any, is not
    /// disposed.
    /// </summary>
    /// <param name="options">The factory's options.</param>
    /// <param name="timeout">The timeout of the client; infinite if the SDK has its own timeout.</param>
    public static HttpClient CreateClient(ProviderClientOptions options, TimeSpan timeout) =>
        new(new WireObservationHandler(new ProviderErrorDetectionHandler(InnermostHandler.Around(HandlerOf(options)))), disposeHandler: false) { Timeout = timeout };

    /// <summary>Creates a client that redirects chat requests to a counting endpoint. It does not observe requests, because counting is not an attempt.</summary>
    public static HttpClient CreateCountingClient(ProviderClientOptions options, TokenCountEndpoint endpoint) =>
        new(new TokenCountHandler(endpoint, HandlerOf(options)), disposeHandler: false) { Timeout = options.Timeout };

    private static HttpMessageHandler HandlerOf(ProviderClientOptions options) => options.HttpMessageHandler ?? Shared;
}
