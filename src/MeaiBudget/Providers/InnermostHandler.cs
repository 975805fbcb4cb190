namespace MeaiBudget;

/// <summary>Puts a <see cref="ChatWireHandler"/> below every other handler of a chain, just above the one that sends.</summary>
internal static class InnermostHandler
{
    /// <summary>Adds the handler to a chain, unless the chain has one.</summary>
    /// <param name="handler">The outermost handler.</param>
    /// <returns>The outermost handler of the new chain.</returns>
    /// <remarks>A chain that has sent a request already cannot be changed; the handler then stands around it and sees what enters the chain.</remarks>
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
