using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>
/// Makes a ledger equal to its bills. Unconfirmed attempts are resolved first. The rest of a day's difference is shared over keys and tags in
/// proportion to what they were charged, and written as adjustments of the largest attempts of each; what belongs to no attempt becomes a
/// record of its own in the account <c>unattributed</c>. Every correction has an id that follows from the bill, so that applying it again
/// changes nothing.
/// </summary>
internal sealed class BillCorrections(ReadableLedger ledger, Reconciliation reconciliation, bool includesOpen)
{
    /// <summary>The owner of records that bills made.</summary>
    public const string Owner = "bill";

    /// <summary>The tag of such a record with the item of a line that names no model.</summary>
    public const string ItemTag = "bill-item";

    private const long Nano = 1_000_000_000;
    private const int MostRounds = 1_000;
    private readonly Dictionary<ReconciledKey, ReconciledRow> _rows = reconciliation.Rows
        .Where(row => row.Difference is not (null or 0m) && (includesOpen || !row.IsProvisional)).ToDictionary(row => row.Key);

    private ISpendLedger Ledger => ledger.Ledger!;

    /// <summary>Gets the attempts whose doubtful charge was confirmed or replaced.</summary>
    public long Resolved { get; private set; }

    /// <summary>Gets the adjustments of attempts for the rest of the differences.</summary>
    public long Shared { get; private set; }

    /// <summary>Gets the amount that belongs to no attempt of the ledger, in US dollars.</summary>
    public decimal Unattributed { get; private set; }

    /// <summary>Gets the rows that are left as they are, because their day is not final.</summary>
    public int LeftOpen => reconciliation.Rows.Count(row => row.Difference is not (null or 0m)) - _rows.Count;

    /// <summary>Gets the rows whose charge cannot be lowered further.</summary>
    public IReadOnlyList<ReconciledKey> Impossible { get; private set; } = [];

    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        await ResolveAsync(cancellationToken);

        // A correction goes to at most some of the attempts at a time, so large ones take several rounds.
        for (int round = 0; round < MostRounds; round++)
        {
            if (!await ShareAsync(cancellationToken))
            {
                break;
            }
        }
    }

    /// <summary>Settles unconfirmed attempts: at their charge if the bill has as much, otherwise in proportion at what the bill has.</summary>
    private async Task ResolveAsync(CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<ReconciledKey, (long Seen, long Given)>();
        var found = new List<(BookedAttempt Attempt, long Amount, ReconciledKey Key)>();
        await foreach (BookedAttempt attempt in reconciliation.AttemptsAsync(ledger.History, null, cancellationToken))
        {
            ReconciledKey key = reconciliation.KeyOf(attempt);
            if (!attempt.IsUnconfirmed || !_rows.TryGetValue(key, out ReconciledRow? row))
            {
                continue;
            }

            long all = ToNano(row.Booked!.Unconfirmed);
            long billed = Math.Clamp(ToNano(row.BilledAmount!.Value) - (ToNano(row.BookedAmount) - all), 0, all);
            (long seen, long given) = resolved.GetValueOrDefault(key);
            seen += ToNano(attempt.Spent);
            long upTo = all == 0 ? 0 : (long)((Int128)billed * seen / all);
            resolved[key] = (seen, upTo);
            found.Add((attempt, upTo - given, key));
            if (found.Count >= 1_000)
            {
                await ResolveAsync(found, cancellationToken);
            }
        }

        await ResolveAsync(found, cancellationToken);
    }

    private async Task ResolveAsync(List<(BookedAttempt Attempt, long Amount, ReconciledKey Key)> found, CancellationToken cancellationToken)
    {
        foreach ((BookedAttempt attempt, long amount, ReconciledKey key) in found)
        {
            Resolved += await AdjustAsync(attempt, amount - ToNano(attempt.Spent), key, "resolved by the bill", cancellationToken) ? 1 : 0;
        }

        found.Clear();
    }

    /// <summary>Shares what is left of the differences. Returns whether anything changed.</summary>
    private async Task<bool> ShareAsync(CancellationToken cancellationToken)
    {
        var carriers = new Dictionary<ReconciledKey, Dictionary<string, CorrectionCarriers>>();
        var booked = new Dictionary<ReconciledKey, long>();
        await foreach (BookedAttempt attempt in reconciliation.AttemptsAsync(ledger.History, null, cancellationToken))
        {
            foreach ((ReconciledKey key, decimal amount) in reconciliation.PartsOf(attempt))
            {
                if (!_rows.TryGetValue(key, out ReconciledRow? row))
                {
                    continue;
                }

                long lowered = -ToNano(row.Difference!.Value);

                booked[key] = booked.GetValueOrDefault(key) + ToNano(amount);
                if (attempt.Record.State is "settled" or "unconfirmed" or "expired" && CorrectionCarriers.IdentityOf(attempt) is { } identity)
                {
                    Dictionary<string, CorrectionCarriers> ofKey = carriers.TryGetValue(key, out Dictionary<string, CorrectionCarriers>? known) ? known : carriers[key] = [];
                    (ofKey.TryGetValue(identity, out CorrectionCarriers? same) ? same : ofKey[identity] = new CorrectionCarriers(lowered)).Add(attempt);
                }
            }
        }

        bool isChanged = false;
        List<ReconciledKey> impossible = [];
        foreach ((ReconciledKey key, ReconciledRow row) in _rows)
        {
            long rest = ToNano(row.BilledAmount!.Value) - booked.GetValueOrDefault(key);
            if (rest == 0)
            {
                continue;
            }

            bool isDone = carriers.TryGetValue(key, out Dictionary<string, CorrectionCarriers>? ofKey)
                ? await ShareAsync(row, rest, [.. ofKey.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value)], cancellationToken)
                : rest > 0 && await RecordAsync(row, rest, cancellationToken);
            isChanged |= isDone;
            if (!isDone)
            {
                impossible.Add(key);
            }
        }

        Impossible = impossible;
        return isChanged;
    }

    private async Task<bool> ShareAsync(ReconciledRow row, long rest, CorrectionCarriers[] carriers, CancellationToken cancellationToken)
    {
        bool isChanged = false;
        long[] parts = CorrectionShares.Divide(rest, [.. carriers.Select(one => one.Charged)]);
        for (int i = 0; i < parts.Length; i++)
        {
            long part = parts[i];
            foreach (BookedAttempt attempt in carriers[i].Largest)
            {
                long change = part > 0 ? part : Math.Max(part, -ToNano(attempt.Spent));
                if (part == 0 || change == 0)
                {
                    break;
                }

                if (await AdjustAsync(attempt, change, row.Key, "share of the bill's difference", cancellationToken))
                {
                    part -= change;
                    Shared++;
                    isChanged = true;
                }
            }
        }

        return isChanged;
    }

    /// <summary>Changes the dollar accounts of an attempt by an amount. Returns whether the ledger changed.</summary>
    private Task<bool> AdjustAsync(BookedAttempt attempt, long change, ReconciledKey key, string why, CancellationToken cancellationToken) =>
        AttemptCharge.ChangeAsync(ledger, attempt, change, key.ToString(), $"bill {key}: {why}", cancellationToken);

    /// <summary>Records a line of the bill that no attempt of the ledger belongs to.</summary>
    private async Task<bool> RecordAsync(ReconciledRow row, long amount, CancellationToken cancellationToken)
    {
        ReconciledKey key = row.Key;
        var at = new DateTimeOffset(key.Day.ToDateTime(default), TimeSpan.Zero);
        var id = new LedgerReservationId(AttemptCharge.IdOf(string.Create(CultureInfo.InvariantCulture, $"{key} {amount}")), 1, Owner);
        var tags = new Dictionary<string, string>(reconciliation.TagsOf(key));
        if (key.Item.Length > 0)
        {
            tags[ItemTag] = key.Item;
        }

        var reservation = new LedgerReservation
        {
            Id = id,
            Lease = TimeSpan.FromHours(1),
            Lines =
            [
                new LedgerLine
                {
                    Account = AccountName.Prefix("unattributed", BudgetUnit.Dollars, isShadow: false),
                    Period = key.Day.DayNumber,
                    FirstPeriod = key.Day.DayNumber,
                    ForgetAfter = at.AddYears(10),
                    Amount = 0,
                    Mode = LedgerLineMode.Record,
                },
            ],
            Info = new LedgerCallInfo { At = at, Provider = key.Provider, ModelId = key.Model.Length > 0 ? key.Model : null, Tags = tags.Count > 0 ? tags : null },
        };
        if (!(await Ledger.ReserveAsync(reservation, cancellationToken)).IsAdmitted)
        {
            return false;
        }

        BilledSum? billed = row.Billed;
        LedgerSettlementResult result = await Ledger.SettleAsync(
            new LedgerSettlement
            {
                Id = id,
                Amounts = [amount],
                Info = new LedgerSettlementInfo
                {
                    At = at,
                    ResponseModelId = key.Model.Length > 0 ? key.Model : null,
                    Outcome = Owner,
                    Cost = new Cost(amount, CostKind.ProviderStated, PriceMatch.Exact),
                    Usage = new BillableUsage
                    {
                        InputTokens = (billed?[BilledKind.Input] ?? 0) + (billed?[BilledKind.CachedInput] ?? 0) + (billed?[BilledKind.CacheWrite] ?? 0),
                        CachedInputTokens = billed?[BilledKind.CachedInput] ?? 0,
                        CacheWriteTokens = billed?[BilledKind.CacheWrite] ?? 0,
                        OutputTokens = billed?[BilledKind.Output] ?? 0,
                        ServiceTier = key.Tier.Length > 0 ? key.Tier : null,
                    },
                },
            },
            cancellationToken);
        Unattributed += result.IsApplied ? amount / (decimal)Nano : 0m;
        return result.IsApplied;
    }

    private static long ToNano(decimal dollars) => (long)Math.Round(dollars * Nano, MidpointRounding.ToEven);
}
