using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Checks the order of the layers while a pipeline is built. docs/pipeline-rules.md lists the rules.</summary>
/// <remarks>An order that is always wrong throws; an order that may be intended logs a warning, once for each pipeline.</remarks>
internal static class PipelineRules
{
    internal const string BudgetOutsideFunctionInvocation = LayerOrder.BudgetOutsideFunctionInvocationId;
    internal const string BudgetOutsideCache = LayerOrder.BudgetOutsideCacheId;
    internal const string RetryOutsideFunctionInvocation = LayerOrder.RetryOutsideFunctionInvocationId;
    internal const string RoutingBelowBudget = "MB004";
    internal const string FallbackOutsideFunctionInvocation = LayerOrder.FallbackOutsideFunctionInvocationId;
    internal const string UnbudgetedAlternate = "MB006";
    internal const string LoggingBelowRedaction = LayerOrder.LoggingBelowRedactionId;
    internal const string SdkRetries = "MB008";
    internal const string SmallerWindow = "MB009";
    internal const string TrackersOfOneName = "MB010";
    internal const string BudgetRequired = UnbudgetedRequests.BudgetRequired;

    public static void CheckBudget(IChatClient inner, CallLayerChatClient? next)
    {
#pragma warning disable MEAI001 // Only checked for, to report the error; it is not part of the public API of this library.
        if (inner.GetService<RoutingChatClient>() is not null)
#pragma warning restore MEAI001
        {
            throw new PipelineException(
                RoutingBelowBudget, "A RoutingChatClient below UseBudget hides the clients below it, so their prices cannot be found. Use UseFallback instead, or put UseBudget into each of its clients.");
        }

        if (next is not null)
        {
            return;
        }

        CheckFunctionInvocation(inner, LayerOrder.BudgetOutsideFunctionInvocation);
        if (inner.GetService<CachingChatClient>() is not null)
        {
            throw BudgetIsOutsideCache();
        }
    }

    public static PipelineException BudgetIsOutsideCache() => Broken(LayerOrder.BudgetOutsideCache);

    public static void CheckRetry(IChatClient inner, CallLayerChatClient? next)
    {
        if (next is null)
        {
            CheckFunctionInvocation(inner, LayerOrder.RetryOutsideFunctionInvocation);
        }
    }

    public static void CheckFallback(IChatClient inner, CallLayerChatClient? next)
    {
        if (next is null)
        {
            CheckFunctionInvocation(inner, LayerOrder.FallbackOutsideFunctionInvocation);
        }
    }

    /// <summary>Throws if a budget is below a fallback and an alternate has neither its own budget nor a zero price.</summary>
    public static void CheckAlternates(CallLayerChatClient? next, IEnumerable<(string Name, bool IsFree, IChatClient Client)> alternates, bool allowed)
    {
        if (allowed || next?.GetService<ISpendGate>() is null)
        {
            return;
        }

        foreach ((string name, bool isFree, IChatClient client) in alternates)
        {
            if (!isFree && client.GetService<ISpendGate>() is null)
            {
                throw new PipelineException(
                    UnbudgetedAlternate,
                    $"UseBudget is below UseFallback, so it applies to the primary client only, and the alternate '{name}' has neither a budget nor a zero price. Put UseBudget above UseFallback, give the alternate its own budget, declare it local, or set AllowUnbudgetedAlternates.");
            }
        }
    }

    /// <summary>Throws if UseLogging is below redacted logging: it logs contents at Trace and unredacted exceptions at Error.</summary>
    /// <param name="clients">The clients below the redaction.</param>
    public static void CheckLogging(IEnumerable<IChatClient> clients)
    {
        if (clients.Any(client => client.GetService<LoggingChatClient>() is not null))
        {
            throw Broken(LayerOrder.LoggingBelowRedaction);
        }
    }

    /// <summary>Warns of SDK clients that retry requests, as far as their settings can be read.</summary>
    public static void WarnOfSdkRetries(IEnumerable<(string Route, IChatClient Client)> routes, ILogger logger)
    {
        foreach ((string route, IChatClient client) in routes)
        {
            if (client.GetService<ProviderChatClient>()?.SdkRetries is { } retries and > 0)
            {
                CallLog.SdkRetries(logger, SdkRetries, route, retries, SdkAdvice.RetriesOff(client.GetService<ChatClientMetadata>()?.ProviderName));
            }
        }
    }

    /// <summary>Warns of alternates without a declared window whose context window is smaller than the primary's, or unknown and cut by the server.</summary>
    public static void WarnOfSmallerWindows(IReadOnlyList<WindowedRoute> routes, ILogger logger)
    {
        if (routes.Count < 2 || !logger.IsEnabled(LogLevel.Warning))
        {
            return;
        }

        long? primary = routes[0].KnownWindow();
        foreach (WindowedRoute alternate in routes.Skip(1).Where(route => route.Declared is null))
        {
            long? window = alternate.KnownWindow();
            if (window < primary)
            {
                CallLog.SmallerWindow(logger, SmallerWindow, alternate.Name, window.Value, routes[0].Name, primary.Value);
            }
            else if (window is null && alternate.CutsSilently)
            {
                CallLog.UnknownWindow(logger, SmallerWindow, alternate.Name);
            }
        }
    }

    private static void CheckFunctionInvocation(IChatClient inner, LayerOrder rule)
    {
        if (inner.GetService<FunctionInvokingChatClient>() is not null)
        {
            throw Broken(rule);
        }
    }

    private static PipelineException Broken(LayerOrder rule) => new(rule.Id, rule.Message);

    /// <summary>A route and its context window in tokens.</summary>
    /// <param name="Name">The route's name.</param>
    /// <param name="Client">The client.</param>
    /// <param name="ModelId">The provider's id of the model; null for the client's default.</param>
    /// <param name="Declared">The window that the application declared; larger requests skip the route. Null if it declared none.</param>
    internal sealed record WindowedRoute(string Name, IChatClient Client, string? ModelId, long? Declared)
    {
        /// <summary>True if the server cuts too long requests without an error.</summary>
        public bool CutsSilently => ProviderNames.Canonical(Client.GetService<ChatClientMetadata>()?.ProviderName) == ProviderNames.Ollama;

        public long? KnownWindow()
        {
            ProviderChatClient? provider = Client.GetService<ProviderChatClient>();
            if ((Declared ?? provider?.ContextWindow) is { } stated)
            {
                return stated;
            }

            ChatClientMetadata? metadata = Client.GetService<ChatClientMetadata>();
            string? model = provider?.KnownModelOf(provider.ResolveModelId(ModelId)) ?? ModelId ?? metadata?.DefaultModelId;

            // The window of an Ollama model may be larger than the one that its server is configured with.
            return model is null || CutsSilently ? null : PriceCatalog.Default.Resolve(model, metadata?.ProviderName).Limits?.ContextWindow;
        }
    }
}
