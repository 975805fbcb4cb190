namespace MeaiBudget;

/// <summary>Remembers what was said already. Thread-safe.</summary>
internal sealed class OnceFlags
{
    private int _said;

    /// <summary>True the first time a bit is asked for, false ever after.</summary>
    public bool First(int bit) => (Interlocked.Or(ref _said, 1 << bit) & (1 << bit)) == 0;
}
