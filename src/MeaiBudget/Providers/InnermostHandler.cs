using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Adds a <see cref="ChatWireHandler"/> below all other handlers of a chain, just above the one that sends, and finds it there.</summary>
internal static class InnermostHandler
{
    /// <summary>Adds the handler to a chain, unless the chain has one, and returns the outermost handler of the new chain.</summary>
    /// <remarks>A chain that has already sent a request cannot be changed. Then the handler is added above it.</remarks>
    /// <param name="handler">The outermost handler of the chain.</param>
    /// <param name="configure">Sets options of the handler, also of one that the chain has; null for none.</param>
    public static HttpMessageHandler Around(HttpMessageHandler handler, Action<ChatWireHandler>? configure = null)
    {
        DelegatingHandler? last = null;
        for (HttpMessageHandler? current = handler; current is DelegatingHandler delegating; current = delegating.InnerHandler)
        {
            if (current is ChatWireHandler present)
            {
                configure?.Invoke(present);
                return handler;
            }

            last = delegating;
        }

        if (last is null)
        {
            return Make(handler);
        }

        try
        {
            last.InnerHandler = Make(last.InnerHandler ?? SharedHttpHandler.Instance);
            return handler;
        }
        catch (InvalidOperationException)
        {
            return Make(handler);
        }

        ChatWireHandler Make(HttpMessageHandler inner)
        {
            var added = new ChatWireHandler(inner);
            configure?.Invoke(added);
            return added;
        }
    }

    /// <summary>True if a chain has the handler.</summary>
    public static bool IsIn(HttpMessageHandler? handler)
    {
        while (handler is DelegatingHandler delegating and not ChatWireHandler)
        {
            handler = delegating.InnerHandler;
        }

        return handler is ChatWireHandler;
    }

    /// <summary>Returns the outermost handler of a client; null if this version of .NET stores it elsewhere.</summary>
    public static HttpMessageHandler? Of(HttpMessageInvoker client)
    {
        try
        {
            return Handler(client);
        }
        catch (MissingFieldException)
        {
            return null;
        }
    }

    // HttpClient has no property for it. Without the field, the handler counts as missing, which is safe: raw requests are refused.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_handler")]
    private static extern ref HttpMessageHandler Handler(HttpMessageInvoker client);
}
