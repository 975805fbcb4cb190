using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Checks, while a pipeline is built, that the layers stand where they can keep their promises.</summary>
internal static class PipelineRules
{
    public static void CheckBudget(IChatClient inner, CallLayerChatClient? next)
    {
#pragma warning disable MEAI001 // Only looked for, to say what to do; it is not part of our surface.
        if (inner.GetService<RoutingChatClient>() is not null)
#pragma warning restore MEAI001
        {
            throw new PipelineException(
                "MB004", "A RoutingChatClient below UseBudget hides the clients below it, so that no price can be known. Use UseFallback instead, or put UseBudget into each of its clients.");
        }

        if (next is not null)
        {
            return;
        }

        CheckFunctionInvocation(inner, "MB001", "UseBudget", "a tool loop pays for every iteration, and the budget would see only the first");
        if (inner.GetService<CachingChatClient>() is not null)
        {
            throw BudgetOutsideCache();
        }
    }

    public static PipelineException BudgetOutsideCache() =>
        new("MB002", "UseBudget stands outside a cache, so that a hit, which costs nothing, would be charged. Put UseBudget below UseDistributedCache.");

    public static void CheckRetry(IChatClient inner, CallLayerChatClient? next)
    {
        if (next is null)
        {
            CheckFunctionInvocation(inner, "MB003", "UseRetry", "a retry would run the tools again");
        }
    }

    public static void CheckFallback(IChatClient inner, CallLayerChatClient? next)
    {
        if (next is null)
        {
            CheckFunctionInvocation(inner, "MB005", "UseFallback", "moving on would run the tools again");
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
                    "MB006",
                    $"UseBudget stands below UseFallback, so it guards the primary only, and the alternate '{name}' has neither a budget nor a zero price. Put UseBudget above UseFallback, give the alternate a budget of its own, declare it local, or set AllowUnbudgetedAlternates.");
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
}
