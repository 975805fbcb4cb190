using System.Diagnostics.Tracing;

namespace MeaiBudget;

/// <summary>Events for the rare things that have no other place to be told: no content, no secret.</summary>
[EventSource(Name = "MeaiBudget")]
internal sealed class MeaiBudgetEventSource : EventSource
{
    public static MeaiBudgetEventSource Log { get; } = new();

    [Event(1, Level = EventLevel.Warning, Message = "Observer {0} threw; the call went on.")]
    public void ObserverFailed(string observer) => WriteEvent(1, observer);

    [Event(2, Level = EventLevel.Warning, Message = "A layer between two of ours suppresses the flow of the execution context: the call below passed none of the budgets above, and was charged to them afterwards.")]
    public void SlippedPast() => WriteEvent(2);
}
