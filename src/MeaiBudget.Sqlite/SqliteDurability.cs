namespace MeaiBudget;

/// <summary>What a committed operation survives.</summary>
public enum SqliteDurability
{
    /// <summary>The end of the process and of the machine: every commit is flushed to the disk (<c>synchronous=FULL</c>).</summary>
    PowerLoss,

    /// <summary>The end of the process, kill -9 included; the last moments before a power loss may be missing (<c>synchronous=NORMAL</c>).</summary>
    ProcessCrash,
}
