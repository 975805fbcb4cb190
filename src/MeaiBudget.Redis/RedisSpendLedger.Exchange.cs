namespace MeaiBudget;

/// <summary>Slices: what a <see cref="LeasedSpendLedger"/> leases.</summary>
public sealed partial class RedisSpendLedger
{
    /// <inheritdoc/>
    public bool SupportsExchange => true;

    /// <summary>Leases slices of busy accounts to this process, so that it admits most calls without asking the server.</summary>
    /// <param name="mostShare">The largest part of a limit that this process may hold in its slice, above 0 and at most 1.</param>
    /// <returns>The ledger to use in place of this one. It disposes this one.</returns>
    public LeasedSpendLedger Leased(double mostShare = 0.01) => new(this, mostShare);

    /// <inheritdoc/>
    public async ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default)
    {
        LedgerSlices.Check(slices);
        var bytes = new RedisLedgerBytes(128 * slices.Count);
        foreach (LedgerSettlement slice in slices)
        {
            bytes.AddSlice(slice);
        }

        RedisLedgerWords words = _connection.Words().Add(sequence).Add(_settledRetention).Add(ChargesUnknownFor).Add(bytes);
        byte[] answer = await RunAsync(RedisLedgerScript.Exchange, words, cancellationToken);
        _changes.ChangedAny();
        return RedisLedgerResult.Slices(answer, slices.Count);
    }
}
