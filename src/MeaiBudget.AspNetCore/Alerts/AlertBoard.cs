using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>The alerts of one ledger: finds one node that evaluates, and keeps what fires in the ledger's settings.</summary>
/// <remarks>
/// In each interval the nodes compete for a reservation of one that only one of them gets: it evaluates and delivers. The settings keep
/// what fires, and the lease of the node that delivers it. The node extends its leases at each evaluation; when one ends, for example
/// because the process did, another node delivers.
/// </remarks>
#pragma warning disable CA1001 // The semaphore has no wait handle to dispose of: it is only awaited.
internal sealed class AlertBoard(ISpendLedger ledger, AlertRules rules, BudgetAlertOptions options)
#pragma warning restore CA1001
{
    /// <summary>How many alerts of one ledger fire at most; further ones wait for one of these to end.</summary>
    public const int MostFiring = 200;

    private const string Account = "meaibudget/alerts";
    private const string ResolvedMark = "resolved ";

    private readonly HashSet<string> _sending = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ConcurrentDictionary<string, string> _own = new(StringComparer.Ordinal);
    private readonly TimeSpan _lease = options.Interval * 4;
    private bool _hasSettings = true;

    public ISpendLedger Ledger => ledger;

    /// <summary>Gets the alerts that fired at the last evaluation of this node or, if another node evaluates, that it wrote.</summary>
    public IReadOnlyList<AlertState> Firing { get; private set; } = [];

    /// <summary>Evaluates the rules, if no other node has in this interval.</summary>
    /// <returns>What began and what ended; both are empty if another node evaluated.</returns>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public async Task<(IReadOnlyList<(AlertState State, bool IsCritical)> Began, IReadOnlyList<AlertState> Ended)> EvaluateAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            DateTimeOffset now = ledger.Clock.GetUtcNow();
            Dictionary<string, AlertState> states = await ReadAsync(cancellationToken);
            await ExtendAsync(states, now, cancellationToken);
            var began = new List<(AlertState, bool)>();
            var ended = new List<AlertState>();
            if (await ClaimAsync(now, cancellationToken))
            {
                await EvaluateAsync(states, now, began, ended, cancellationToken);
            }

            Firing = [.. states.Values.Where(state => !IsResolved(state))];
            return (began, ended);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Notes that an alert was delivered to every webhook, or dropped after all repetitions.</summary>
    public async Task DeliveredAsync(AlertState state, bool isEnd, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            // If the alert ended meanwhile, the delivery of its end removes the setting.
            _sending.Remove(Place(state.Id, isEnd));
            Dictionary<string, AlertState> states = await ReadAsync(cancellationToken);
            if (states.TryGetValue(state.Id, out AlertState? now) && IsResolved(now) == isEnd)
            {
                await WriteAsync(state.Name, isEnd ? null : (now with { Lease = null }).Value, cancellationToken);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private static bool IsResolved(AlertState state) => state.Text.StartsWith(ResolvedMark, StringComparison.Ordinal);

    private static string Place(string id, bool isEnd) => isEnd ? "end " + id : id;

    /// <summary>Extends the leases of what this node still delivers.</summary>
    private async Task ExtendAsync(Dictionary<string, AlertState> states, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (AlertState state in states.Values.ToArray())
        {
            if (state.Lease is { } lease && lease - now < _lease / 2 && _sending.Contains(Place(state.Id, IsResolved(state))))
            {
                await PutAsync(states, state with { Lease = now + _lease }, cancellationToken);
            }
        }
    }

    private async Task EvaluateAsync(
        Dictionary<string, AlertState> states, DateTimeOffset now, List<(AlertState State, bool IsCritical)> began, List<AlertState> ended, CancellationToken cancellationToken)
    {
        IReadOnlyList<AlertCondition> conditions = await rules.FindAsync(cancellationToken);
        var holding = conditions.DistinctBy(condition => condition.Id).ToDictionary(condition => condition.Id, StringComparer.Ordinal);
        foreach (AlertState state in states.Values.ToArray())
        {
            bool isResolved = IsResolved(state);
            bool isLeft = state.Lease < now;
            if (isResolved ? isLeft : !holding.ContainsKey(state.Id))
            {
                AlertState end = state with { Lease = now + _lease, Text = isResolved ? state.Text : ResolvedMark + state.Text };
                await PutAsync(states, end, cancellationToken);
                _sending.Add(Place(end.Id, isEnd: true));
                ended.Add(end with { Text = end.Text[ResolvedMark.Length..] });
            }
            else if (!isResolved && isLeft)
            {
                await PutAsync(states, state with { Lease = now + _lease }, cancellationToken);
                _sending.Add(state.Id);
                began.Add((state, holding[state.Id].IsCritical));
            }
        }

        foreach (AlertCondition condition in holding.Values.Where(condition => !states.ContainsKey(condition.Id)).Take(Math.Max(0, MostFiring - states.Count)).ToArray())
        {
            var state = new AlertState(condition.Id, condition.Rule, now, now + _lease, condition.Text);
            await PutAsync(states, state, cancellationToken);
            _sending.Add(state.Id);
            began.Add((state, condition.IsCritical));
        }
    }

    private async Task PutAsync(Dictionary<string, AlertState> states, AlertState state, CancellationToken cancellationToken)
    {
        await WriteAsync(state.Name, state.Value, cancellationToken);
        states[state.Id] = state;
    }

    /// <summary>Takes this interval's evaluation, if no other node has.</summary>
    private async Task<bool> ClaimAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        long slot = now.UtcTicks / options.Interval.Ticks;
        if ((await ledger.ReadAsync([new LedgerAccountQuery(Account, slot, slot)], cancellationToken))[0] is { Held: > 0 } or { Charged: > 0 })
        {
            return false;
        }

        // When the lease ends it is charged, so the interval stays taken. The account forgets it soon after.
        var claim = new LedgerReservation
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "alerts"),
            Lease = options.Interval,
            Lines = [new LedgerLine { Account = Account, Period = slot, FirstPeriod = slot, Amount = 1, Limit = 1, ForgetAfter = now + (options.Interval * 3) }],
        };
        if (!(await ledger.ReserveAsync(claim, cancellationToken)).IsAdmitted)
        {
            return false;
        }

        await ledger.SettleAsync(new LedgerSettlement { Id = claim.Id, Amounts = [1], WantsStates = false }, cancellationToken);
        return true;
    }

    private async Task<Dictionary<string, AlertState>> ReadAsync(CancellationToken cancellationToken)
    {
        IEnumerable<KeyValuePair<string, string>> settings = _hasSettings
            ? (await ledger.ReadSettingsAsync(cancellationToken)).Settings
            : _own;
        return settings.Where(setting => setting.Key.StartsWith(AlertState.Prefix, StringComparison.Ordinal))
            .Select(setting => AlertState.TryParse(setting.Key, setting.Value)).OfType<AlertState>().ToDictionary(state => state.Id, StringComparer.Ordinal);
    }

    /// <summary>Writes a setting. For a ledger without settings this process remembers it.</summary>
    private async Task WriteAsync(string name, string? value, CancellationToken cancellationToken)
    {
        if (_hasSettings)
        {
            try
            {
                await ledger.WriteSettingAsync(name, value, cancellationToken);
                return;
            }
            catch (NotSupportedException)
            {
                _hasSettings = false;
            }
        }

        if (value is null)
        {
            _own.TryRemove(name, out _);
        }
        else
        {
            _own[name] = value;
        }
    }
}
