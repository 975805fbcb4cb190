namespace MeaiBudget.Simulation;

/// <summary>One process of a simulation.</summary>
internal sealed class LeaseNode(LeasedSpendLedger ledger, FarLedger far, VirtualClock clock)
{
    private long _cutOffAt = -1;
    private long _connectedAt;

    public LeasedSpendLedger Ledger { get; } = ledger;

    public FarLedger Far { get; } = far;

    public VirtualClock Clock { get; } = clock;

    /// <summary>Gets the limits as the process last read them.</summary>
    public required Dictionary<string, long> Limits { get; init; }

    public required long Version { get; set; }

    /// <summary>Gets or sets the operations of the processes before this one.</summary>
    public long Operations { get; set; }

    public void CutOff(long now)
    {
        Far.IsCutOff = true;
        _cutOffAt = now;
    }

    public void Reconnect(long now)
    {
        Far.IsCutOff = false;
        _cutOffAt = -1;
        _connectedAt = now;
    }

    /// <summary>Returns the moment of the oldest settings that the process may still follow.</summary>
    public long IsConnectedSince(long now) => _cutOffAt >= 0 ? _cutOffAt : Math.Min(now, _connectedAt == 0 ? now : now);
}
