namespace MeaiBudget;

/// <summary>The handler for clients without a handler of their own.</summary>
internal static class SharedHttpHandler
{
    /// <summary>The process-wide connection pool. Connections are renewed so that DNS changes take effect.</summary>
    public static HttpMessageHandler Instance { get; } = new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),

        // A redirect would send the prompt to another host.
        AllowAutoRedirect = false,

        // Close the connection as soon as a reader abandons an answer. Otherwise the provider would generate, and bill, the rest.
        ResponseDrainTimeout = TimeSpan.Zero,
    };
}
