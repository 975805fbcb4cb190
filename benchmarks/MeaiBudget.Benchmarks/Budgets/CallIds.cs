namespace MeaiBudget.Benchmarks;

/// <summary>Creates call ids without random bytes of the system, which would take as long as the measured code.</summary>
internal static class CallIds
{
    private static long _last;

    public static Guid Next()
    {
        long next = Interlocked.Increment(ref _last);
        return new Guid((int)next, (short)(next >> 32), 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
