using Microsoft.Extensions.Logging;

namespace MeaiBudget;

internal static partial class BudgetLog
{
    [LoggerMessage(EventId = 201, EventName = "BudgetNone", Level = LogLevel.Information,
        Message = "UseBudget has no budgets. It tracks spend and enforces the runs of its calls only. Pass budgets to it, or register a CostTracker.")]
    public static partial void NoBudgets(ILogger logger);

    [LoggerMessage(EventId = 202, EventName = "BudgetPriceUnknown", Level = LogLevel.Warning,
        Message = "{Budgets} will refuse the calls of route {Route} to the model {Model}. {Advice}")]
    public static partial void PriceUnknown(ILogger logger, string budgets, string route, string model, string advice);

    [LoggerMessage(EventId = 203, EventName = "BudgetRunSawNoCall", Level = LogLevel.Warning,
        Message = "The run '{Run}' ended without a call, while {Calls} calls were made outside of any run. Code that was started before the run, such as a workflow or a queue, does not see it. Begin the run first, or pass it with options.WithBudgetRun(run).")]
    public static partial void RunSawNoCall(ILogger logger, string run, long calls);
}
