namespace MeaiBudget;

/// <summary>How a <see cref="LeasedSpendLedger"/> leases.</summary>
internal sealed record SliceRules
{
    public required TimeProvider Clock { get; init; }

    /// <summary>Gets how long the far ledger holds a slice after an exchange.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets how often slices are exchanged.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets the largest part of a limit that one process holds.</summary>
    public decimal MostShare { get; init; } = 0.01m;

    /// <summary>Gets how many calls within <see cref="Horizon"/> make an account worth a slice.</summary>
    public int CallsForSlice { get; init; } = 3;

    /// <summary>Gets how many calls a slice is for at least; an account whose share is smaller goes to the far ledger for each call.</summary>
    public int LeastCalls { get; init; } = 3;

    /// <summary>Gets the shortest time between two exchanges.</summary>
    public TimeSpan Spacing { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets how long it is remembered that the far ledger has a reservation, so that a repetition goes there again: as long as ledgers remember settled ones.</summary>
    public TimeSpan Remembered { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Gets how many settled reservations in slices are remembered for repeated settlements and adjustments.</summary>
    public int MostSettled { get; init; } = 65_536;

    /// <summary>Gets the time for which a slice should last.</summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>Gets how long an account that is nearly spent goes to the far ledger for each call.</summary>
    public TimeSpan DirectFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the least time over which a rate is measured.</summary>
    public TimeSpan ShortestMeasure { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Converts a time to timestamps of the clock.</summary>
    public long Timestamps(TimeSpan time) => (long)((Int128)time.Ticks * Clock.TimestampFrequency / TimeSpan.TicksPerSecond);
}
