using System;
using System.Collections.Generic;

namespace MeaiBudget;

/// <summary>
/// The orders of two layers of one pipeline that make the outer one ineffective. The library checks them when a pipeline is built, and the
/// analyzers when it is compiled.
/// </summary>
internal sealed class LayerOrder
{
    internal const string BudgetOutsideFunctionInvocationId = "MB001";
    internal const string BudgetOutsideCacheId = "MB002";
    internal const string RetryOutsideFunctionInvocationId = "MB003";
    internal const string FallbackOutsideFunctionInvocationId = "MB005";
    internal const string LoggingBelowRedactionId = "MB007";

    private LayerOrder(string id, string outer, string inner, string message, bool isAllowedAboveOurs = true)
    {
        Id = id;
        Outer = outer;
        Inner = inner;
        Message = message;
        IsAllowedAboveOurs = isAllowedAboveOurs;
    }

    /// <summary>A budget outside function invocation.</summary>
    public static LayerOrder BudgetOutsideFunctionInvocation { get; } = OutsideFunctionInvocation(
        BudgetOutsideFunctionInvocationId, "UseBudget", "each iteration of a tool loop costs money, and the budget would see only the first one");

    /// <summary>A budget outside a cache.</summary>
    public static LayerOrder BudgetOutsideCache { get; } = new(
        BudgetOutsideCacheId,
        "UseBudget",
        "UseDistributedCache",
        "UseBudget is outside a cache, so cache hits, which cost nothing, would be charged. Put UseBudget below UseDistributedCache.");

    /// <summary>A retry outside function invocation.</summary>
    public static LayerOrder RetryOutsideFunctionInvocation { get; } = OutsideFunctionInvocation(
        RetryOutsideFunctionInvocationId, "UseRetry", "a retry would run the tools again");

    /// <summary>A fallback outside function invocation.</summary>
    public static LayerOrder FallbackOutsideFunctionInvocation { get; } = OutsideFunctionInvocation(
        FallbackOutsideFunctionInvocationId, "UseFallback", "a fallback would run the tools again");

    /// <summary>Logging without redaction below redacted logging.</summary>
    public static LayerOrder LoggingBelowRedaction { get; } = new(
        LoggingBelowRedactionId,
        "UseRedactedLogging",
        "UseLogging",
        "UseLogging is below UseRedactedLogging and would log the unredacted contents and exceptions. Remove UseLogging. UseRedactedLogging logs every call, and also contents if its option Content is set.",
        isAllowedAboveOurs: false);

    /// <summary>All rules.</summary>
    public static IReadOnlyList<LayerOrder> All { get; } =
        [BudgetOutsideFunctionInvocation, BudgetOutsideCache, RetryOutsideFunctionInvocation, FallbackOutsideFunctionInvocation, LoggingBelowRedaction];

    /// <summary>The id of the rule at run time.</summary>
    public string Id { get; }

    /// <summary>The method that adds the outer layer.</summary>
    public string Outer { get; }

    /// <summary>The method that adds the inner layer.</summary>
    public string Inner { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Message { get; }

    /// <summary>True if the order is right where another layer of this library is below the outer one, which then runs the attempts.</summary>
    public bool IsAllowedAboveOurs { get; }

    private static LayerOrder OutsideFunctionInvocation(string id, string layer, string why) =>
        new(id, layer, "UseFunctionInvocation", $"{layer} is outside UseFunctionInvocation: {why}. Put {layer} below UseFunctionInvocation.");
}
