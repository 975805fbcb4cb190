using Microsoft.Extensions.Logging;

namespace MeaiBudget;

internal static partial class BudgetLog
{
    [LoggerMessage(EventId = 201, EventName = "BudgetNone", Level = LogLevel.Information,
        Message = "UseBudget has no budgets: it tracks spend and enforces the runs that calls are made in. Give it budgets, or register a CostTracker.")]
    public static partial void NoBudgets(ILogger logger);

    [LoggerMessage(EventId = 202, EventName = "BudgetPriceUnknown", Level = LogLevel.Warning,
        Message = "{Budgets} will refuse what route {Route} sends to the model {Model}. {Advice}")]
    public static partial void PriceUnknown(ILogger logger, string budgets, string route, string model, string advice);
}
