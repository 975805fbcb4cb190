namespace MeaiBudget;

/// <summary>A set of flags, each of which can be taken once. Thread-safe.</summary>
internal sealed class OnceFlags
{
    private int _said;

    /// <summary>Returns true on the first call for a bit, then false.</summary>
    public bool First(int bit) => (Interlocked.Or(ref _said, 1 << bit) & (1 << bit)) == 0;
}
