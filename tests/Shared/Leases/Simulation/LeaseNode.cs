namespace MeaiBudget.Simulation;

/// <summary>One process of a simulation.</summary>
internal sealed class LeaseNode(ISpendLedger ledger, FarLedger far, VirtualClock clock)
{
    private readonly Dictionary<string, LinkedList<LedgerReservationId>> _lines = new(StringComparer.Ordinal);
    private long _cutOffAt = -1;

    public ISpendLedger Ledger { get; } = ledger;

    public FarLedger Far { get; } = far;

    public VirtualClock Clock { get; } = clock;

    /// <summary>Gets the limits as the process last read them.</summary>
    public required Dictionary<string, long> Limits { get; init; }

    public required long Version { get; set; }

    /// <summary>Gets or sets the operations of the processes before this one.</summary>
    public long Operations { get; set; }

    /// <summary>Returns the calls of the process that wait for an account, of which the first asks the ledger again.</summary>
    public LinkedList<LedgerReservationId> LineOf(string account)
    {
        if (!_lines.TryGetValue(account, out LinkedList<LedgerReservationId>? line))
        {
            _lines.Add(account, line = new LinkedList<LedgerReservationId>());
        }

        return line;
    }

    public void CutOff(long now)
    {
        Far.IsCutOff = true;
        _cutOffAt = now;
    }

    public void Reconnect()
    {
        Far.IsCutOff = false;
        _cutOffAt = -1;
    }

    /// <summary>Returns the moment of the oldest settings that the process may still follow.</summary>
    public long IsConnectedSince(long now) => _cutOffAt >= 0 ? _cutOffAt : now;
}
