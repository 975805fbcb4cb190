using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A fake clock that says when somebody has begun to wait so long, so that a test knows when to move it.</summary>
internal sealed class WatchedClock() : FakeTimeProvider(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero))
{
    private readonly Lock _lock = new();
    private readonly List<TimeSpan> _begun = [];
    private readonly List<(TimeSpan Due, TaskCompletionSource Source)> _awaited = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        lock (_lock)
        {
            _begun.Add(dueTime);
            foreach ((TimeSpan due, TaskCompletionSource source) in _awaited)
            {
                if (due == dueTime)
                {
                    source.TrySetResult();
                }
            }
        }

        return timer;
    }

    /// <summary>Waits until somebody waits exactly so long.</summary>
    public Task WaitForTimerAsync(TimeSpan due)
    {
        lock (_lock)
        {
            if (_begun.Contains(due))
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((due, source));
            return source.Task;
        }
    }
}
