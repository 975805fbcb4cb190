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
}
