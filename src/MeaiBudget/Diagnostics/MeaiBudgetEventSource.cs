using System.Diagnostics.Tracing;

namespace MeaiBudget;

/// <summary>Events for the rare things that have no other place to be told: no content, no secret.</summary>
[EventSource(Name = "MeaiBudget")]
internal sealed class MeaiBudgetEventSource : EventSource
{
    public static MeaiBudgetEventSource Log { get; } = new();

    [Event(1, Level = EventLevel.Warning, Message = "Observer {0} threw; the call went on.")]
    public void ObserverFailed(string observer) => WriteEvent(1, observer);
}
