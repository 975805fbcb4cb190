namespace MeaiBudget.Benchmarks;

/// <summary>Ids that cost nothing: a real one asks the system for random bytes, which takes as long as what is measured.</summary>
internal static class CallIds
{
    private static long _last;

    public static Guid Next()
    {
        long next = Interlocked.Increment(ref _last);
        return new Guid((int)next, (short)(next >> 32), 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
