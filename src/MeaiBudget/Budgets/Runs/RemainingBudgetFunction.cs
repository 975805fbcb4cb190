using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A tool by which a model reads what is left of the current run and of the budgets of its call.</summary>
internal sealed class RemainingBudgetFunction(CostTracker tracker, string name) : AIFunction
{
    private static readonly JsonElement NoParameters = JsonDocument.Parse("""{"type":"object","properties":{},"additionalProperties":false}""").RootElement.Clone();

    public override string Name => name;

    public override string Description =>
        "Returns what is left of the budget for this task, in US dollars. Call it before expensive steps, and finish early if little is left.";

    public override JsonElement JsonSchema => NoParameters;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        ChatOptions? options = FunctionInvokingChatClient.CurrentContext?.Options;
        var text = new StringBuilder();
        for (BudgetRun? run = (CallRun.Of(options) as BudgetRunGate)?.Run; run is not null; run = run.Parent)
        {
            if (run is { Remaining: { } left, Limit: { } limit })
            {
                text.Append(CultureInfo.InvariantCulture, $"This task: ${left} of ${limit} left.\n");
            }
        }

        foreach (BudgetStatus status in await tracker.GetStatusOfCallAsync(CallTags.Of(options), cancellationToken))
        {
            if (status is { Remaining: { } left, Limit: { } limit })
            {
                text.Append(CultureInfo.InvariantCulture, $"Budget '{status.Budget}': ${left} of ${limit + status.Granted} left");
                text.Append(status.ResetsAt is { } resets ? string.Create(CultureInfo.InvariantCulture, $", until {resets:u}.\n") : ".\n");
            }
        }

        return text.Length == 0 ? "No budget limits this task." : text.ToString().TrimEnd();
    }
}
