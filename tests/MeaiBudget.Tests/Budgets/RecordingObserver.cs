using System.Collections.Concurrent;

namespace MeaiBudget.Tests;

/// <summary>Records the notifications about budgets.</summary>
internal sealed class RecordingObserver : ICallObserver
{
    public ConcurrentQueue<BudgetEvent> Events { get; } = new();

    public IEnumerable<BudgetEvent> Of(BudgetEventKind kind) => Events.Where(one => one.Kind == kind);

    public void OnBudget(BudgetEvent budgetEvent) => Events.Enqueue(budgetEvent);
}
