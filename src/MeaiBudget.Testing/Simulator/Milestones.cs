namespace MeaiBudget.Testing;

/// <summary>A count that only grows, with tasks that wait for it.</summary>
internal sealed class Milestones
{
    private readonly Lock _lock = new();
    private readonly List<(int Count, TaskCompletionSource Source)> _waiters = [];
    private int _count;

    public void Reach()
    {
        lock (_lock)
        {
            _count++;
            foreach ((int count, TaskCompletionSource source) in _waiters)
            {
                if (count <= _count)
                {
                    source.TrySetResult();
                }
            }

            _waiters.RemoveAll(waiter => waiter.Count <= _count);
        }
    }

    public Task WaitForAsync(int count, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (count <= _count)
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, source));
            return source.Task.WaitAsync(cancellationToken);
        }
    }
}
