using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Checks, while a pipeline is built, that the layers stand where they can keep their promises. docs/pipeline-rules.md lists the rules.</summary>
/// <remarks>What cannot be right throws; what may be meant is warned of, once a pipeline.</remarks>
internal static class PipelineRules
{
    internal const string BudgetOutsideFunctionInvocation = "MB001";
    internal const string BudgetOutsideCache = "MB002";
    internal const string RetryOutsideFunctionInvocation = "MB003";
    internal const string RoutingBelowBudget = "MB004";
    internal const string FallbackOutsideFunctionInvocation = "MB005";
    internal const string UnbudgetedAlternate = "MB006";
    internal const string LoggingBelowRedaction = "MB007";
    internal const string SdkRetries = "MB008";
    internal const string SmallerWindow = "MB009";
    internal const string TrackersOfOneName = "MB010";

    public static void CheckBudget(IChatClient inner, CallLayerChatClient? next)
    {
#pragma warning disable MEAI001 // Only looked for, to say what to do; it is not part of our surface.
        if (inner.GetService<RoutingChatClient>() is not null)
#pragma warning restore MEAI001
        {
            throw new PipelineException(
                RoutingBelowBudget, "A RoutingChatClient below UseBudget hides the clients below it, so that no price can be known. Use UseFallback instead, or put UseBudget into each of its clients.");
        }

        if (next is not null)
        {
            return;
        }

        CheckFunctionInvocation(inner, BudgetOutsideFunctionInvocation, "UseBudget", "a tool loop pays for every iteration, and the budget would see only the first");
        if (inner.GetService<CachingChatClient>() is not null)
        {
            throw BudgetIsOutsideCache();
        }
    }

    public static PipelineException BudgetIsOutsideCache() =>
        new(BudgetOutsideCache, "UseBudget stands outside a cache, so that a hit, which costs nothing, would be charged. Put UseBudget below UseDistributedCache.");

    public static void CheckRetry(IChatClient inner, CallLayerChatClient? next)
    {
        if (next is null)
        {
            CheckFunctionInvocation(inner, RetryOutsideFunctionInvocation, "UseRetry", "a retry would run the tools again");
        }
    }

    public static void CheckFallback(IChatClient inner, CallLayerChatClient? next)
    {
        if (next is null)
        {
            CheckFunctionInvocation(inner, FallbackOutsideFunctionInvocation, "UseFallback", "moving on would run the tools again");
        }
    }

    /// <summary>A budget below a fallback is the primary's own; then the alternates need one each, or must be known to cost nothing.</summary>
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
                    $"UseBudget stands below UseFallback, so it guards the primary only, and the alternate '{name}' has neither a budget nor a zero price. Put UseBudget above UseFallback, give the alternate a budget of its own, declare it local, or set AllowUnbudgetedAlternates.");
            }
        }
    }

    /// <summary>MEAI's own logging writes contents at Trace and exceptions, with what the provider said, at Error: all that redaction is there to hide.</summary>
    /// <param name="clients">The clients below the redaction.</param>
    public static void CheckLogging(IEnumerable<IChatClient> clients)
    {
        if (clients.Any(client => client.GetService<LoggingChatClient>() is not null))
        {
            throw new PipelineException(
                LoggingBelowRedaction,
                "UseLogging stands below UseRedactedLogging and would log what that hides: contents, and exceptions with what providers answered. Take UseLogging out; UseRedactedLogging logs every call, and content where its option Content asks for it.");
        }
    }

    /// <summary>Warns of SDKs that retry by themselves, as far as that can be seen in their clients.</summary>
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

    /// <summary>Warns of alternates that hold less than the primary, or nobody knows how much, where nothing keeps larger requests from them.</summary>
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

    private static void CheckFunctionInvocation(IChatClient inner, string id, string layer, string why)
    {
        if (inner.GetService<FunctionInvokingChatClient>() is not null)
        {
            throw new PipelineException(id, $"{layer} stands outside UseFunctionInvocation: {why}. Put {layer} below UseFunctionInvocation.");
        }
    }

    /// <summary>A route and how much it holds.</summary>
    /// <param name="Name">The route's name.</param>
    /// <param name="Client">The client.</param>
    /// <param name="ModelId">The provider's id of the model; null for the client's own.</param>
    /// <param name="Declared">The window that the application stated, by which requests are kept from the route.</param>
    internal readonly record struct WindowedRoute(string Name, IChatClient Client, string? ModelId, long? Declared)
    {
        /// <summary>Gets a value indicating whether the server cuts what does not fit without a word.</summary>
        public bool CutsSilently => ProviderNames.Canonical(Client.GetService<ChatClientMetadata>()?.ProviderName) == ProviderNames.Ollama;

        public long? KnownWindow()
        {
            ProviderChatClient? provider = Client.GetService<ProviderChatClient>();
            if ((Declared ?? provider?.ContextWindow) is { } stated)
            {
                return stated;
            }

            ChatClientMetadata? metadata = Client.GetService<ChatClientMetadata>();
            string? model = provider?.ResolveModelId(ModelId) ?? ModelId ?? metadata?.DefaultModelId;

            // What an Ollama model could hold says nothing of what its server lets it.
            return model is null || CutsSilently ? null : PriceCatalog.Default.Resolve(model, metadata?.ProviderName).Limits?.ContextWindow;
        }
    }
}
