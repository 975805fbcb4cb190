namespace MeaiBudget;

/// <summary>Catalog, budgets and ledger together: says whether a call may be made, and keeps what it cost.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class CostTracker : ISpendGate
{
    /// <inheritdoc/>
    public string Name => throw new NotSupportedException();

    TimeProvider ISpendGate.Clock => throw new NotSupportedException();

    ValueTask<SpendReservation> ISpendGate.ReserveAsync(SpendRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<Cost> ISpendGate.SettleAsync(SpendReservation reservation, SpendSettlement settlement) => throw new NotSupportedException();

    ValueTask ISpendGate.ReleaseAsync(SpendReservation reservation) => throw new NotSupportedException();

    ValueTask ISpendGate.RenewAsync(SpendReservation reservation, TimeSpan lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task ISpendGate.WaitAsync(SpendRefusal refusal, Guid callId, CancellationToken cancellationToken) => throw new NotSupportedException();

    ModelLimits? ISpendGate.LimitsOf(string modelId, string? provider) => throw new NotSupportedException();

    ValueTask<Cost> ISpendGate.SpendAsync(SpendRequest request, SpendSettlement settlement) => throw new NotSupportedException();

    void ISpendGate.StopWaiting(Guid callId) => throw new NotSupportedException();
}
