namespace MeaiBudget;

/// <summary>Admits attempts before they are sent: the budgets of a tracker, or a run.</summary>
/// <remarks>Gates are compared by reference; an attempt passes each once.</remarks>
internal interface ISpendGate
{
    /// <summary>Gets the name, for receipts and logs.</summary>
    string Name { get; }

    /// <summary>Gets the clock of leases.</summary>
    TimeProvider Clock { get; }

    /// <summary>Gets the gate's prices; <see langword="null"/> if it uses those of the path.</summary>
    PriceCatalog? Catalog { get; }

    /// <summary>Gets the names of the tags that may be metric tags.</summary>
    IReadOnlyCollection<string> MetricTags => [];

    /// <summary>Gets the names of the tags that tell one caller from another.</summary>
    IReadOnlyCollection<string> CallerTags => [];

    /// <summary>Returns a model's limits from the gate's catalog.</summary>
    ModelLimits? LimitsOf(string modelId, string? provider);

    /// <summary>Reserves or refuses at once; never waits for other calls.</summary>
    ValueTask<SpendReservation> ReserveAsync(SpendRequest request, CancellationToken cancellationToken);

    /// <summary>Reports a refusal of a request that <see cref="SpendRequest.ReportsRefusal"/>, once it is final.</summary>
    void Refused(SpendRequest request, SpendRefusal refusal);

    /// <summary>Charges and closes the reservation. If the ledger fails, the charge is kept and sent again; nothing is thrown.</summary>
    ValueTask<Cost> SettleAsync(SpendReservation reservation, SpendSettlement settlement);

    /// <summary>Releases the reservation. If the ledger fails, the release is kept and sent again; nothing is thrown.</summary>
    ValueTask ReleaseAsync(SpendReservation reservation);

    /// <summary>Charges a call that was made without a reservation.</summary>
    ValueTask<Cost> SpendAsync(SpendRequest request, SpendSettlement settlement);

    /// <summary>Extends the lease while the attempt waits for its provider.</summary>
    ValueTask RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Writes into the ledger which reservations belong to a response that the provider makes in the background. A failure of the ledger is not thrown.</summary>
    /// <param name="response">The response's key.</param>
    /// <param name="reservations">The reservations, the attempt's own first.</param>
    ValueTask LinkAsync(Guid response, IReadOnlyList<SpendReservation> reservations) => ValueTask.CompletedTask;

    /// <summary>Finds the reservations that were linked to a response, also by another process.</summary>
    /// <param name="response">The response's key.</param>
    /// <param name="asked">What the process that asks knows of the request.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>The reservations in the order in which they were linked; none if the gate does not know the response.</returns>
    ValueTask<IReadOnlyList<SpendReservation>> FindLinkedAsync(Guid response, SpendRequest asked, CancellationToken cancellationToken) => new([]);

    /// <summary>
    /// Waits after a <see cref="RefusalReason.Held"/> refusal, first come first served, until it is worth reserving again. The place in
    /// the queue belongs to the call id, until the call is admitted or stops waiting.
    /// </summary>
    Task WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken);

    /// <summary>Removes the call from every queue.</summary>
    void StopWaiting(Guid callId);

    /// <summary>Forgets what was needed for the call only.</summary>
    void EndCall(Guid callId)
    {
    }
}
