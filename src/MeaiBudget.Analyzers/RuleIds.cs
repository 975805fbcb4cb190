namespace MeaiBudget.Analyzers;

/// <summary>The ids of the rules. A rule that finds what the library itself finds at run time has the run-time id plus 1000.</summary>
internal static class RuleIds
{
    internal const string BudgetOutsideFunctionInvocation = "MB1001";
    internal const string BudgetOutsideCache = "MB1002";
    internal const string RetryOutsideFunctionInvocation = "MB1003";
    internal const string RoutingBelowBudget = "MB1004";
    internal const string FallbackOutsideFunctionInvocation = "MB1005";
    internal const string UnbudgetedAlternate = "MB1006";
    internal const string LoggingBelowRedaction = "MB1007";
    internal const string SdkRetries = "MB1008";
    internal const string TrackerTwice = "MB1010";
    internal const string ClientWithoutBudget = "MB1011";
    internal const string RawRequestUnseen = "MB1021";
    internal const string NoOutputLimit = "MB1022";
    internal const string TagCase = "MB1023";
}
