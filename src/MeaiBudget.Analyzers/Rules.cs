using Microsoft.CodeAnalysis;

namespace MeaiBudget.Analyzers;

/// <summary>The descriptors of the rules. docs/analyzers.md has a section for each.</summary>
internal static class Rules
{
    private const string Page = "https://github.com/meaibudget/meaibudget/blob/main/docs/analyzers.md";
    private const string Order = "MeaiBudget.Pipeline";
    private const string Spending = "MeaiBudget.Spending";

    public static readonly DiagnosticDescriptor BudgetOutsideFunctionInvocation = OfOrder(
        RuleIds.BudgetOutsideFunctionInvocation, "A budget is outside function invocation", LayerOrder.BudgetOutsideFunctionInvocation);

    public static readonly DiagnosticDescriptor BudgetOutsideCache = OfOrder(RuleIds.BudgetOutsideCache, "A budget is outside a cache", LayerOrder.BudgetOutsideCache);

    public static readonly DiagnosticDescriptor RetryOutsideFunctionInvocation = OfOrder(
        RuleIds.RetryOutsideFunctionInvocation, "A retry is outside function invocation", LayerOrder.RetryOutsideFunctionInvocation);

    public static readonly DiagnosticDescriptor FallbackOutsideFunctionInvocation = OfOrder(
        RuleIds.FallbackOutsideFunctionInvocation, "A fallback is outside function invocation", LayerOrder.FallbackOutsideFunctionInvocation);

    public static readonly DiagnosticDescriptor LoggingBelowRedaction = OfOrder(
        RuleIds.LoggingBelowRedaction, "Logging without redaction is below redacted logging", LayerOrder.LoggingBelowRedaction);

    public static readonly DiagnosticDescriptor RoutingBelowBudget = Create(
        RuleIds.RoutingBelowBudget,
        "A routing client is below a budget",
        "The client '{0}' below UseBudget hides the clients below it, so their prices cannot be found, and building the pipeline throws (MB004). Use UseFallback instead, or put UseBudget into each of its clients.",
        Order,
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor UnbudgetedAlternate = Create(
        RuleIds.UnbudgetedAlternate,
        "A budget is below a fallback whose alternate has none",
        "UseBudget is below UseFallback, so it applies to the primary client only, and this alternate has no budget. Building the pipeline throws (MB006). Put UseBudget above UseFallback, or give the alternate its own budget.",
        Order,
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor TrackerTwice = Create(
        RuleIds.TrackerTwice,
        "One tracker is twice in a pipeline",
        "The tracker '{0}' is already in this pipeline, and building it throws (MB010). Remove one of the two calls of UseBudget, or use a tracker of another name.",
        Order,
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor SdkRetries = Create(
        RuleIds.SdkRetries,
        "The retries of an SDK are enabled below a pipeline",
        "This client of {0} repeats requests by itself, in addition to UseRetry, and each repetition may cost money. Disable its retries: {1}.",
        Spending,
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor ClientWithoutBudget = Create(
        RuleIds.ClientWithoutBudget,
        "A client is used or registered without a budget",
        "The client of {0} is {1} without a budget, which this code requires. Call it through a pipeline: new ChatClientBuilder(client).UseBudget(tracker).Build().",
        Spending,
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor RawRequestUnseen = Create(
        RuleIds.RawRequestUnseen,
        "A raw request is sent by a client whose requests are not read",
        "RawRepresentationFactory makes the request, and the client of {0} that sends it has no ChatWireHandler, so a budget that enforces refuses the call. Add the handler to the client: {1}.",
        Spending,
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor NoOutputLimit = Create(
        RuleIds.NoOutputLimit,
        "A call below a budget has no output limit",
        "This call sets no MaxOutputTokens, so the budget reserves the longest answer that the model can give and may refuse the call. Set ChatOptions.MaxOutputTokens.",
        Spending,
        DiagnosticSeverity.Info);

    public static readonly DiagnosticDescriptor TagCase = new(
        RuleIds.TagCase,
        "A tag differs from the tag of a budget by case only",
        "The tag '{0}' differs from the tag '{1}' of a budget by case only. ForwardTags and the tags of SpendAsync are compared exactly, so write '{1}' everywhere.",
        Spending,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: LinkOf(RuleIds.TagCase),
        customTags: WellKnownDiagnosticTags.CompilationEnd);

    /// <summary>The descriptor of a rule of the order of layers.</summary>
    public static DiagnosticDescriptor Of(LayerOrder rule) => rule.Id switch
    {
        LayerOrder.BudgetOutsideFunctionInvocationId => BudgetOutsideFunctionInvocation,
        LayerOrder.BudgetOutsideCacheId => BudgetOutsideCache,
        LayerOrder.RetryOutsideFunctionInvocationId => RetryOutsideFunctionInvocation,
        LayerOrder.FallbackOutsideFunctionInvocationId => FallbackOutsideFunctionInvocation,
        _ => LoggingBelowRedaction,
    };

    // The messages are those of the library, so that both say the same.
#pragma warning disable RS1032 // A message of several sentences ends with a period.
    private static DiagnosticDescriptor OfOrder(string id, string title, LayerOrder rule) =>
        Create(id, title, rule.Message + " Building the pipeline throws (" + rule.Id + ").", Order, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Create(string id, string title, string message, string category, DiagnosticSeverity severity) =>
        new(id, title, message, category, severity, isEnabledByDefault: true, helpLinkUri: LinkOf(id));
#pragma warning restore RS1032

    private static string LinkOf(string id) => Page + "#" + id.ToLowerInvariant();
}
