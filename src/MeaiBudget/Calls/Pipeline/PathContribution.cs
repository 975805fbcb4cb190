namespace MeaiBudget;

/// <summary>One step along a path. The same step from the same path leads to the same place, so that the last one is remembered.</summary>
/// <remarks>Thread-safe: what was remembered for another caller is only made again.</remarks>
internal sealed class PathStep(Func<CallPath, ISpendGate?, CallPath> contribute)
{
    private volatile Memory? _last;

    public CallPath From(CallPath path, ISpendGate? run)
    {
        Memory? last = _last;
        if (last is null || !ReferenceEquals(last.From, path) || !ReferenceEquals(last.Run, run))
        {
            _last = last = new Memory(path, run, contribute(path, run));
        }

        return last.To;
    }

    private sealed record Memory(CallPath From, ISpendGate? Run, CallPath To);
}
