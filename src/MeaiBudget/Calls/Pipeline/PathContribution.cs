namespace MeaiBudget;

/// <summary>The contribution of one layer to a path. Caches the path made from the last (path, run) pair.</summary>
/// <remarks>Thread-safe. Callers with different pairs replace each other's cached path, which is then made again.</remarks>
internal sealed class PathContribution(Func<CallPath, ISpendGate?, CallPath> contribute)
{
    private volatile Entry? _last;

    public CallPath AddTo(CallPath path, ISpendGate? run)
    {
        Entry? last = _last;
        if (last is null || !ReferenceEquals(last.From, path) || !ReferenceEquals(last.Run, run))
        {
            _last = last = new Entry(path, run, contribute(path, run));
        }

        return last.To;
    }

    private sealed record Entry(CallPath From, ISpendGate? Run, CallPath To);
}
