namespace MeaiBudget.Simulation;

/// <summary>The time of a simulation: events run one after the other on one thread, and time passes only between them.</summary>
internal sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private long _order;

    public static DateTimeOffset Start { get; } = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Gets the ticks since the start.</summary>
    public long Now { get; private set; }

    /// <summary>Gets how many events ran.</summary>
    public long Steps { get; private set; }

    public void At(long ticks, Action action) => _events.Enqueue(action, (Math.Max(ticks, Now), ++_order));

    public void After(TimeSpan time, Action action) => At(Now + time.Ticks, action);

    /// <summary>Returns a task that completes after a time, within an event.</summary>
    public Task Delay(TimeSpan time)
    {
        // Not asynchronous continuations: they would run on other threads, in an order that differs from run to run.
        var done = new TaskCompletionSource();
        After(time, done.SetResult);
        return done.Task;
    }

    /// <summary>Runs the events until a time, with a check after each.</summary>
    public void RunUntil(long end, Action afterEach)
    {
        while (_events.TryPeek(out _, out (long At, long Order) next) && next.At <= end)
        {
            Action action = _events.Dequeue();
            Now = next.At;
            Steps++;
            action();
            afterEach();
        }

        Now = Math.Max(Now, end);
    }
}
