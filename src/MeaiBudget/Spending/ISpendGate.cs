namespace MeaiBudget;

/// <summary>What an attempt must pass before it is sent: a tracker's budgets, or a run.</summary>
/// <remarks>Two gates are the same if they are the same object; an attempt passes each once.</remarks>
internal interface ISpendGate
{
    /// <summary>Gets the name, for receipts and logs.</summary>
    string Name { get; }

    /// <summary>Gets the clock that leases are measured by.</summary>
    TimeProvider Clock { get; }

    /// <summary>Gets the prices that the gate reckons with; <see langword="null"/> if it takes those of the path.</summary>
    PriceCatalog? Catalog { get; }

    /// <summary>What the gate's catalog knows of a model's limits.</summary>
    ModelLimits? LimitsOf(string modelId, string? provider);

    /// <summary>Admits and holds, or refuses at once; never waits for others' money.</summary>
    ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken);

    /// <summary>Reports a refusal of a request that <see cref="SpendRequest.ReportsRefusal"/>, once it is final.</summary>
    void Refused(SpendRequest request, SpendRefusal refusal);

    /// <summary>Charges and closes. Never throws for a ledger that is away: the charge is kept and replayed.</summary>
    ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement);

    /// <summary>Gives back what was held. Never throws for a ledger that is away.</summary>
    ValueTask ReleaseAsync(SpendReservation reservation);

    /// <summary>Charges what was spent without having been admitted: a call that slipped past the gate.</summary>
    ValueTask<Cost> SpendAsync(SpendRequest request, SpendSettlement settlement);

    /// <summary>Extends the lease while the attempt waits for its provider.</summary>
    ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// After a refusal as held: completes, first come first served, when it is worth asking again. The place in the queue is
    /// kept by call id until the call is admitted or stops asking.
    /// </summary>
    Task WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken);

    /// <summary>Takes the call out of every queue that it waits in.</summary>
    void StopWaiting(Guid callId);
}
