namespace MeaiBudget.Simulation;

/// <summary>The far ledger as one node reaches it: through a network with latency that loses, delays and repeats messages.</summary>
internal sealed class FarLedger(ISpendLedger ledger, VirtualTime time, VirtualClock clock, Random random, NetworkRules rules) : ISpendLedger
{
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(5);

    private bool _isHeard = true;

    public string Name => ledger.Name;

    public bool KeepsRecords => false;

    public TimeProvider Clock => clock;

    public bool SupportsExchange => true;

    /// <summary>Gets how many operations were sent.</summary>
    public long Operations { get; private set; }

    /// <summary>Gets a value indicating whether the last exchange of the node arrived and was answered, so that it learns what others want.</summary>
    public bool IsHeard => _isHeard && !IsCutOff;

    /// <summary>Gets or sets a value indicating whether the node is cut off from the store.</summary>
    public bool IsCutOff { get; set; }

    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default) =>
        Send(() => ledger.ReserveAsync(reservation, CancellationToken.None));

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) =>
        Send(() => ledger.SettleAsync(settlement, CancellationToken.None));

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) =>
        Send(() => ledger.ReleaseAsync(id, CancellationToken.None));

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) =>
        Send(() => ledger.RenewAsync(id, lease, CancellationToken.None));

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
        Send(() => ledger.ReadAsync(accounts, CancellationToken.None));

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        Send(() => ledger.ListAccountsAsync(prefix, CancellationToken.None));

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => Send(() => ledger.GrantAsync(grant, CancellationToken.None));

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
        Send(() => ledger.AdjustAsync(adjustment, CancellationToken.None));

    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        Send(() => ledger.ReadSettingsAsync(CancellationToken.None));

    public ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default)
    {
        if (!IsCutOff && !IsReliable && random.NextDouble() < rules.Repeated)
        {
            // A copy of the message arrives much later.
            time.After(Latency() + TimeSpan.FromSeconds(random.NextDouble() * 30), () => ledger.ExchangeAsync(sequence, slices, CancellationToken.None).AsTask());
        }

        return Send(() => ledger.ExchangeAsync(sequence, slices, CancellationToken.None), isExchange: true);
    }

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => time.Delay(TimeSpan.FromMilliseconds(100));

    /// <summary>Gets or sets a value indicating whether the network loses nothing.</summary>
    public bool IsReliable { get; set; }

    private async ValueTask<T> Send<T>(Func<ValueTask<T>> operation, bool isExchange = false)
    {
        Operations++;
        if (IsCutOff || IsLost())
        {
            _isHeard &= !isExchange;
            await time.Delay(IsCutOff ? TimeSpan.FromMilliseconds(1) : TimeOut);
            await ThrowAsync();
        }

        await time.Delay(Latency());
        await EndIfDeadAsync();
        bool isAnswerLost = IsCutOff || IsLost();
        T result = await operation();
        _isHeard = isExchange ? !isAnswerLost : _isHeard;
        await time.Delay(isAnswerLost ? TimeOut : Latency());
        if (isAnswerLost)
        {
            await ThrowAsync();
        }

        await EndIfDeadAsync();
        return result;
    }

    private async Task ThrowAsync()
    {
        await EndIfDeadAsync();
        throw new SpendLedgerException(Name, "The network lost a message.");
    }

    /// <summary>A dead node's code does not go on.</summary>
    private Task EndIfDeadAsync() => clock.IsDead ? new TaskCompletionSource().Task : Task.CompletedTask;

    private bool IsLost() => random.NextDouble() < rules.Lost && !IsReliable;

    private TimeSpan Latency() =>
        rules.Latency * ((0.2 + random.NextDouble()) * (random.NextDouble() < 0.01 ? 20 : 1));
}
