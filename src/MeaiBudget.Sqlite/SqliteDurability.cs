namespace MeaiBudget;

/// <summary>Sets which failures a committed operation survives.</summary>
public enum SqliteDurability
{
    /// <summary>A process crash and a power loss: every commit is flushed to the disk (<c>synchronous=FULL</c>).</summary>
    PowerLoss,

    /// <summary>A process crash, including kill -9. After a power loss, the last commits may be missing (<c>synchronous=NORMAL</c>).</summary>
    ProcessCrash,
}
