using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Options that carry a run where the asynchronous flow is lost. The run is no part of the request: nothing of it is serialised.</summary>
internal sealed class BudgetRunChatOptions : ChatOptions, CallRun.ICarrier
{
    public BudgetRunChatOptions(ChatOptions? options, BudgetRun run)
        : base(options) => Run = run;

    internal BudgetRun Run { get; }

    ISpendGate CallRun.ICarrier.Run => Run.RunGate;

    /// <inheritdoc/>
    public override ChatOptions Clone() => new BudgetRunChatOptions(this, Run);
}
