namespace MeaiBudget;

/// <summary>Adds a <see cref="ChatWireHandler"/> below all other handlers of a chain, just above the one that sends.</summary>
internal static class InnermostHandler
{
    /// <summary>Adds the handler to a chain, unless the chain has one, and returns the outermost handler of the new chain.</summary>
    /// <remarks>A chain that has already sent a request cannot be changed. Then the handler is added above it.</remarks>
    public static HttpMessageHandler Around(HttpMessageHandler handler)
    {
        DelegatingHandler? last = null;
        for (HttpMessageHandler? current = handler; current is DelegatingHandler delegating; current = delegating.InnerHandler)
        {
            if (current is ChatWireHandler)
            {
                return handler;
            }

            last = delegating;
        }

        if (last is null)
        {
            return new ChatWireHandler(handler);
        }

        try
        {
            last.InnerHandler = new ChatWireHandler(last.InnerHandler ?? ProviderHttp.Shared);
            return handler;
        }
        catch (InvalidOperationException)
        {
            return new ChatWireHandler(handler);
        }
    }
}
