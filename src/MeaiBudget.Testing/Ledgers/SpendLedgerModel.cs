namespace MeaiBudget.Testing;

/// <summary>
/// A simple reference model of a ledger: a list of everything that happened, added up for every read. It replays random operations
/// against itself and a ledger, and throws if they differ.
/// </summary>
/// <remarks>
/// For property tests of an <see cref="ISpendLedger"/>: generate <see cref="SpendLedgerStep"/>s with a library that can shrink them,
/// and call <see cref="RunAsync"/> with a new, empty ledger. Some reservations are never settled, as after a crash. Not thread-safe.
/// </remarks>
public sealed class SpendLedgerModel
{
    private const long DayTicks = TimeSpan.TicksPerDay;
    private const long BucketTicks = TimeSpan.TicksPerMinute;

    /// <summary>The length of a rolling account's window. It is shorter than some leases, so that reservations can be older than the window.</summary>
    private const long RollingTicks = 20 * TimeSpan.TicksPerMinute;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);
    private static readonly (string Name, LedgerLineMode Mode, bool IsRolling)[] Accounts =
    [
        ("day", LedgerLineMode.Enforce, false),
        ("rolling", LedgerLineMode.Enforce, true),
        ("tenant/usd/a%2Fb", LedgerLineMode.Enforce, false),
        ("shadow", LedgerLineMode.Shadow, false),
        ("shadow/rolling", LedgerLineMode.Shadow, true),
        ("record", LedgerLineMode.Record, true),
    ];

    private readonly ISpendLedger _ledger;
    private readonly Action<TimeSpan> _advance;
    private readonly List<Entry> _entries = [];
    private readonly List<LedgerGrant> _grants = [];
    private readonly HashSet<Guid> _applied = [];
    private readonly long?[] _limits = [1000, 1500, 800, 600, 900, 500];
    private readonly List<LedgerAdjustment> _ofAccounts = [];
    private LedgerAdjustment? _lastAdjustment;
    private int _ids;

    private SpendLedgerModel(ISpendLedger ledger, Action<TimeSpan> advance)
    {
        _ledger = ledger;
        _advance = advance;
    }

    private enum State
    {
        Open,
        Released,
        Expired,
        Unconfirmed,
        Settled,
    }

    private DateTimeOffset Now => _ledger.Clock.GetUtcNow();

    /// <summary>Runs the steps, compares after each, ends every reservation and compares again.</summary>
    /// <param name="ledger">A new, empty ledger. It must remember every reservation of the history.</param>
    /// <param name="advance">Moves the ledger's clock; negative to set it back.</param>
    /// <param name="steps">The steps.</param>
    /// <returns>A task that completes if ledger and model agreed.</returns>
    /// <exception cref="InvalidOperationException">The ledger and the model differ.</exception>
    public static async Task RunAsync(ISpendLedger ledger, Action<TimeSpan> advance, IEnumerable<SpendLedgerStep> steps)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(advance);
        ArgumentNullException.ThrowIfNull(steps);
        var model = new SpendLedgerModel(ledger, advance);
        int number = 0;
        foreach (SpendLedgerStep step in steps)
        {
            try
            {
                await model.TakeAsync(step);
                await model.CompareAsync();
            }
            catch (InvalidOperationException difference)
            {
                throw new InvalidOperationException($"Step {number}, {step}: {difference.Message}", difference);
            }

            number++;
        }

        await model.EndAsync();
    }

    private async Task TakeAsync(SpendLedgerStep step)
    {
        ExpireLeases();
        switch (step.Kind)
        {
            case SpendLedgerStepKind.Reserve:
                await ReserveAsync(step.Choice, step.Amount);
                break;
            case SpendLedgerStepKind.ReserveAgain when Choose(step) is { } entry:
                await ReserveAgainAsync(entry);
                break;
            case SpendLedgerStepKind.Settle or SpendLedgerStepKind.SettleUnconfirmed when Choose(step) is { } entry:
                await SettleAsync(entry, step.Amount, step.Kind == SpendLedgerStepKind.SettleUnconfirmed);
                break;
            case SpendLedgerStepKind.Release when Choose(step) is { } entry:
                bool released = await _ledger.ReleaseAsync(entry.Id);
                Same("Released", entry.State == State.Open, released);
                entry.State = released ? State.Released : entry.State;
                break;
            case SpendLedgerStepKind.Renew when Choose(step) is { } entry:
                var lease = TimeSpan.FromMinutes(1 + (step.Amount % 60));
                Same("Renewed", entry.State == State.Open, await _ledger.RenewAsync(entry.Id, lease));
                entry.LeaseUntil = entry.State == State.Open ? Now + lease : entry.LeaseUntil;
                break;
            case SpendLedgerStepKind.Forward:
                _advance(TimeSpan.FromSeconds(step.Amount % 7200));
                break;
            case SpendLedgerStepKind.FarForward:
                _advance(TimeSpan.FromHours(12));
                break;
            case SpendLedgerStepKind.Back:
                GoBack(TimeSpan.FromSeconds(step.Amount % 3600));
                break;
            case SpendLedgerStepKind.Limit:
                _limits[step.Choice % Accounts.Length] = (step.Amount % 8) switch { 0 => null, 1 => 0, _ => step.Amount };
                break;
            case SpendLedgerStepKind.Grant:
                await GrantAsync(new LedgerGrant
                {
                    Id = NewGuid(),
                    Account = Accounts[step.Choice % Accounts.Length].Name,
                    Amount = 1 + step.Amount,
                    ExpiresAt = Now + TimeSpan.FromSeconds(1 + (step.Amount % 10_000)),
                    Reason = "model",
                });
                break;
            case SpendLedgerStepKind.GrantAgain when _grants.FindAll(grant => grant.ExpiresAt > Now) is { Count: > 0 } live:
                await GrantAsync(live[step.Choice % live.Count]);
                break;
            case SpendLedgerStepKind.Adjust when Choose(step) is { } entry:
                await AdjustAsync(new LedgerAdjustment
                {
                    Id = NewGuid(),
                    Reservation = entry.Id,
                    Amounts = [.. entry.Lines.Select((_, i) => (long)(step.Amount / (i + 1)))],
                    Reason = "model",
                });
                break;
            case SpendLedgerStepKind.AdjustAgain when _lastAdjustment is not null:
                await AdjustAsync(_lastAdjustment);
                break;
            case SpendLedgerStepKind.AdjustAccount:
                await AdjustAccountAsync(LineOf(step.Choice % Accounts.Length, 0), step.Amount, isLowering: step.Choice % 3 == 0);
                break;
            case SpendLedgerStepKind.AdjustAccountAgain when _ofAccounts.Count > 0:
                LedgerAdjustment known = _ofAccounts[step.Choice % _ofAccounts.Count];
                Same("The account adjusted again", false, (await _ledger.AdjustAsync(known)).IsApplied);
                break;
        }
    }

    private async Task ReserveAsync(int choice, int amount)
    {
        var lines = new List<LedgerLine>();
        for (int i = 0; i < Accounts.Length; i++)
        {
            if (((choice >> i) & 1) != 0)
            {
                lines.Add(LineOf(i, amount / (1 + ((choice >> (9 + i)) & 3))));
            }
        }

        var entry = new Entry(new LedgerReservationId(NewGuid(), 1 + (choice % 3), "model"), [.. lines.Select(line => new Line(line))]);
        await AskAsync(entry);
    }

    /// <summary>A repeated reservation returns the first result, unless it was released: then it is a new one.</summary>
    private async Task ReserveAgainAsync(Entry entry)
    {
        if (entry.State == State.Released)
        {
            _entries.Remove(entry);
            await AskAsync(new Entry(entry.Id, [.. entry.Lines.Select(line => new Line(Renew(line.Asked)))]));
            return;
        }

        LedgerReservationResult again = await _ledger.ReserveAsync(RequestOf(entry));
        Same("Admitted again", true, again.IsAdmitted);
        for (int i = 0; i < entry.Lines.Length; i++)
        {
            Same("Fitted the first time", entry.Lines[i].IsTaken || entry.Lines[i].Asked.Mode != LedgerLineMode.Shadow, again.Lines[i].Fits || entry.Lines[i].IsTaken);
        }
    }

    private async Task AskAsync(Entry entry)
    {
        LedgerLineState[] before = [.. entry.Lines.Select(line => StateOf(line.Asked.Account, line.Asked.FirstPeriod, line.Asked.Period))];
        bool[] fits = [.. entry.Lines.Select((line, i) =>
            line.Asked.Limit is not { } limit || before[i].Held + before[i].Charged + line.Asked.Amount <= limit + before[i].Granted)];
        bool admitted = !entry.Lines.Where((line, i) => line.Asked.Mode == LedgerLineMode.Enforce && !fits[i]).Any();

        LedgerReservationResult result = await _ledger.ReserveAsync(RequestOf(entry));
        Same("Admitted", admitted, result.IsAdmitted);
        if (admitted)
        {
            bool takesShadows = !entry.Lines.Where((line, i) => line.Asked.Mode == LedgerLineMode.Shadow && !fits[i]).Any();
            for (int i = 0; i < fits.Length; i++)
            {
                entry.Lines[i].IsTaken = takesShadows || entry.Lines[i].Asked.Mode != LedgerLineMode.Shadow;
            }

            entry.LeaseUntil = Now + Lease;
            _entries.Add(entry);
        }

        for (int i = 0; i < fits.Length; i++)
        {
            LedgerLine line = entry.Lines[i].Asked;

            // A ledger that repeated the operation after a lost connection may report a shadow line that was left out as one that does not fit.
            bool isLeftOut = admitted && line.Mode == LedgerLineMode.Shadow && !entry.Lines[i].IsTaken;
            bool expected = fits[i] && !(isLeftOut && !result.Lines[i].Fits);
            Same($"The state of '{line.Account}'", StateOf(line.Account, line.FirstPeriod, line.Period) with { Fits = expected }, result.Lines[i]);
            if (admitted && line is { Mode: LedgerLineMode.Enforce, Limit: { } limit }
                && result.Lines[i].Held + result.Lines[i].Charged > limit + result.Lines[i].Granted)
            {
                throw new InvalidOperationException($"The ledger admitted more than the limit of the account '{line.Account}': {result.Lines[i]}.");
            }
        }
    }

    private async Task SettleAsync(Entry entry, int amount, bool isUnconfirmed)
    {
        // Sometimes a third more than reserved, as a provider may bill.
        long[] amounts = [.. entry.Lines.Select((line, i) => Math.Min(line.Asked.Amount * 4 / 3, amount / (i + 1)))];
        bool applies = entry.State is State.Open or State.Expired || (entry.State == State.Unconfirmed && !isUnconfirmed);
        LedgerSettlementResult result = await _ledger.SettleAsync(
            new LedgerSettlement { Id = entry.Id, Amounts = amounts, IsUnconfirmed = isUnconfirmed });
        Same("Settled", applies, result.IsApplied);
        if (applies)
        {
            Charge(entry, amounts, isUnconfirmed ? State.Unconfirmed : State.Settled);
            SameAfter(entry, result);
        }
    }

    private async Task AdjustAsync(LedgerAdjustment adjustment)
    {
        Entry? entry = _entries.Find(other => other.Id == adjustment.Reservation);
        if (entry is null || IsForgotten(entry) || entry.Lines.Length != adjustment.Amounts.Count)
        {
            return;
        }

        bool applies = entry.State is not (State.Open or State.Released) && !_applied.Contains(adjustment.Id);
        LedgerSettlementResult result = await _ledger.AdjustAsync(adjustment);
        Same("Adjusted", applies, result.IsApplied);
        _lastAdjustment = adjustment;
        if (applies)
        {
            _applied.Add(adjustment.Id);
            Charge(entry, adjustment.Amounts, State.Settled);
            SameAfter(entry, result);
        }
    }

    /// <summary>Raises the charge of an account, takes back a part of what was added before, or tries to take more than was charged.</summary>
    private async Task AdjustAccountAsync(LedgerLine line, int amount, bool isLowering)
    {
        LedgerLineState before = StateOf(line.Account, line.Period, line.Period);
        if (before.Charged == 0)
        {
            // Without a charge, it depends on open reservations whether the ledger knows the period.
            return;
        }

        bool applies = !isLowering || amount <= before.Charged;
        long added = _ofAccounts.Where(other => other.Account == new LedgerAccountQuery(line.Account, line.Period, line.Period)).Sum(other => other.Amounts[0]);
        long change = !isLowering ? amount : applies ? -Math.Min(added, amount) : -amount;
        var adjustment = LedgerAdjustment.OfAccount(NewGuid(), line.Account, line.Period, change, "model");
        LedgerSettlementResult result = await _ledger.AdjustAsync(adjustment);
        Same("The account adjusted", (applies, false), (result.IsApplied, result.IsUnknown));
        if (applies)
        {
            _ofAccounts.Add(adjustment);
        }

        Same("The account before", before, result.Before[0] with { Fits = true });
        Same("The account after", StateOf(line.Account, line.Period, line.Period), result.After[0] with { Fits = true });
    }

    private async Task GrantAsync(LedgerGrant grant)
    {
        bool isNew = !_grants.Exists(other => other.Id == grant.Id);
        Same("Granted", isNew, await _ledger.GrantAsync(grant));
        if (isNew)
        {
            _grants.Add(grant);
        }
    }

    private void GoBack(TimeSpan time)
    {
        // It is not defined whether an ended grant counts again when the clock is set back.
        foreach (LedgerGrant grant in _grants)
        {
            if (grant.ExpiresAt <= Now && Now - grant.ExpiresAt <= time)
            {
                return;
            }
        }

        _advance(-time);
    }

    private static void Charge(Entry entry, IReadOnlyList<long> amounts, State state)
    {
        for (int i = 0; i < entry.Lines.Length; i++)
        {
            entry.Lines[i].Charged = entry.Lines[i].IsTaken ? amounts[i] : 0;
        }

        entry.State = state;
    }

    private void ExpireLeases()
    {
        foreach (Entry entry in _entries)
        {
            if (entry.State == State.Open && entry.LeaseUntil <= Now)
            {
                Charge(entry, [.. entry.Lines.Select(line => line.Asked.Amount)], State.Expired);
            }

            entry.WasForgotten |= entry.State != State.Open && Array.TrueForAll(entry.Lines, line => line.Asked.ForgetAfter <= Now);
        }
    }

    private async Task CompareAsync()
    {
        ExpireLeases();
        LedgerAccountQuery[] queries = [.. Accounts.Select((account, i) =>
        {
            LedgerLine line = LineOf(i, 0);
            return new LedgerAccountQuery(account.Name, line.FirstPeriod, line.Period);
        })];
        IReadOnlyList<LedgerLineState> states = await _ledger.ReadAsync(queries);
        for (int i = 0; i < queries.Length; i++)
        {
            LedgerLineState expected = StateOf(queries[i].Account, queries[i].FirstPeriod, queries[i].Period);
            Same($"The account '{queries[i].Account}'", expected, states[i] with { Fits = true });
        }
    }

    private async Task EndAsync()
    {
        foreach (Entry entry in _entries.FindAll(entry => entry.State == State.Open))
        {
            if (entry.Id.Attempt == 1)
            {
                await SettleAsync(entry, 50, isUnconfirmed: false);
            }
        }

        await CompareAsync();

        // Move past the last lease, however often the clock was set back.
        DateTimeOffset last = _entries.Where(entry => entry.State == State.Open).Select(entry => entry.LeaseUntil).DefaultIfEmpty(Now).Max();
        _advance(last - Now + TimeSpan.FromMinutes(1));
        await CompareAsync();
        Same("Open reservations at the end", 0, _entries.Count(entry => entry.State == State.Open));
        foreach (LedgerLineState state in await _ledger.ReadAsync([.. Accounts.Select(account => new LedgerAccountQuery(account.Name, 0, long.MaxValue))]))
        {
            Same("The held amount at the end", 0L, state.Held);
        }
    }

    private LedgerLineState StateOf(string account, long first, long last)
    {
        long charged = 0, held = 0, unconfirmed = 0, overrun = 0;

        // A range includes as many later periods as it is long.
        Int128 lastThatCounts = (Int128)last + last - first;
        foreach (Entry entry in _entries)
        {
            foreach (Line line in entry.Lines)
            {
                if (line.Asked.Account != account || !line.IsTaken || entry.State == State.Released)
                {
                    continue;
                }

                bool counts = line.Asked.Period >= first && line.Asked.Period <= lastThatCounts;
                if (entry.State == State.Open)
                {
                    held += counts || first < last ? line.Asked.Amount : 0;
                }
                else if (counts)
                {
                    charged += line.Charged;
                    overrun += Math.Max(0, line.Charged - line.Asked.Amount);
                    unconfirmed += entry.State is State.Unconfirmed or State.Expired ? line.Charged : 0;
                }
            }
        }

        foreach (LedgerAdjustment adjustment in _ofAccounts)
        {
            LedgerAccountQuery adjusted = adjustment.Account!.Value;
            charged += adjusted.Account == account && adjusted.Period >= first && adjusted.Period <= lastThatCounts ? adjustment.Amounts[0] : 0;
        }

        long granted = _grants.Where(grant => grant.Account == account && grant.ExpiresAt > Now).Sum(grant => grant.Amount);
        return new LedgerLineState(charged, held, unconfirmed, overrun, granted, true);
    }

    private LedgerLine LineOf(int account, long amount)
    {
        (string name, LedgerLineMode mode, bool isRolling) = Accounts[account];
        long ticks = Now.UtcTicks;
        long period = ticks / (isRolling ? BucketTicks : DayTicks);
        return new LedgerLine
        {
            Account = name,
            Period = period,
            FirstPeriod = isRolling ? (ticks - RollingTicks) / BucketTicks : period,
            ForgetAfter = Now + TimeSpan.FromDays(3),
            Amount = amount,
            Limit = _limits[account],
            Mode = mode,
        };
    }

    private LedgerLine Renew(LedgerLine line) => LineOf(Array.FindIndex(Accounts, account => account.Name == line.Account), line.Amount);

    private static LedgerReservation RequestOf(Entry entry) => new()
    {
        Id = entry.Id,
        Lines = [.. entry.Lines.Select(line => line.Asked)],
        Lease = Lease,
    };

    private Entry? Choose(SpendLedgerStep step)
    {
        // Something recent, which the ledger has not forgotten.
        int recent = Math.Min(_entries.Count, 12);
        Entry? entry = recent == 0 ? null : _entries[_entries.Count - 1 - (step.Choice % recent)];
        return entry is null || IsForgotten(entry) ? null : entry;
    }

    private static bool IsForgotten(Entry entry) => entry.WasForgotten || entry.Lines.Length == 0;

    private Guid NewGuid() => new(++_ids, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);

    private static void SameAfter(Entry entry, LedgerSettlementResult result)
    {
        for (int i = 0; i < entry.Lines.Length; i++)
        {
            if (entry.Lines[i].IsTaken && result.After[i].Charged < 0)
            {
                throw new InvalidOperationException($"The account '{entry.Lines[i].Asked.Account}' is negative: {result.After[i]}.");
            }
        }
    }

    private static void Same<T>(string what, T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new InvalidOperationException($"{what}: expected {expected}, found {found}.");
        }
    }

    private sealed class Entry(LedgerReservationId id, Line[] lines)
    {
        public LedgerReservationId Id { get; } = id;

        public Line[] Lines { get; } = lines;

        public State State { get; set; }

        public DateTimeOffset LeaseUntil { get; set; }

        public bool WasForgotten { get; set; }
    }

    private sealed class Line(LedgerLine asked)
    {
        public LedgerLine Asked { get; } = asked;

        public bool IsTaken { get; set; }

        public long Charged { get; set; }
    }
}
