using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The exchanges with the far ledger.</summary>
internal sealed partial class SliceTable
{
    /// <summary>How many slices one exchange has at most, so that none keeps the far ledger from others for long.</summary>
    private const int MostSlices = 500;

    /// <summary>How long after its period a slice is noted: as long as a ledger may keep the charges of a period that does not count any more.</summary>
    private static readonly TimeSpan NotedFor = TimeSpan.FromDays(1);

    private static readonly TimeSpan PurgeEvery = TimeSpan.FromSeconds(10);

    private long _sequence;
    private long _numbers;
    private long _purgedAt;

    /// <summary>How many slices are still to be exchanged until each was.</summary>
    private int _leftInRound;

    /// <summary>Begins an exchange; <see langword="null"/> if there is nothing to exchange.</summary>
    /// <param name="isLast">True to return what calls do not need, because the process ends.</param>
    /// <param name="now">The time, in UTC ticks.</param>
    public SliceExchange? Begin(bool isLast, long now)
    {
        long timestamp = rules.Clock.GetTimestamp();
        _isUrgent = false;
        Purge(timestamp);
        var exchange = new SliceExchange(++_sequence, timestamp);
        if (_leftInRound <= 0)
        {
            _leftInRound = _active.Count + _draining.Count;
        }

        // Both kinds have a place in each exchange, and each slice comes before any comes again.
        int mostActive = MostSlices - Math.Min(_draining.Count, MostSlices / 2);
        int actives = 0;
        for (; actives < _active.Count && exchange.Slices.Count < mostActive; actives++)
        {
            LeasedAccount account = _active[^(actives + 1)];
            account.IsActive = Add(exchange, account, isLast, now);
        }

        ToFront(_active, actives);
        _active.RemoveAll(account => !account.IsActive);
        int drainings = Math.Min(_draining.Count, MostSlices - exchange.Slices.Count);
        for (int i = 1; i <= drainings; i++)
        {
            Add(exchange, _draining[^i], 0);
        }

        ToFront(_draining, drainings);
        _leftInRound -= actives + drainings;
        _isUrgent |= _leftInRound > 0;
        return exchange.Slices.Count == 0 ? null : exchange;
    }

    /// <summary>Takes over the answer of the newest exchange.</summary>
    public void End(SliceExchange exchange, IReadOnlyList<LedgerReservationResult> answers)
    {
        DateTimeOffset now = rules.Clock.GetUtcNow();
        long timestamp = rules.Clock.GetTimestamp();
        long[] growths = new long[answers.Count];
        for (int i = 0; i < answers.Count; i++)
        {
            (Slice slice, long charged, long wanted, long spare) = exchange.Slices[i];
            (LedgerLineState account, LedgerLineState own) = (answers[i].Lines[0], answers[i].Lines[1]);
            growths[i] = SaturatingMath.Take(SaturatingMath.Add(own.Charged, own.Held), SaturatingMath.Add(slice.Charged, slice.Held));
            slice.Answered(own.Charged, own.Held, answers[i].IsAdmitted, exchange.SentAt + rules.Timestamps(rules.Lease), now);
            LeasedAccount owner = slice.Owner;
            owner.Far = account;
            slice.IsSuspended = slice.Exceeds(account);
            if (owner.Slice == slice)
            {
                _isUrgent |= owner.Answered(spare - SaturatingMath.Take(wanted, own.Held), spare, isWantedByOthers: !own.Fits, timestamp);
                if (!answers[i].IsAdmitted)
                {
                    Close(owner, slice);
                }
            }
            else if (wanted == 0 && slice.Local.Charged == charged)
            {
                slice.IsDraining = false;
                _draining.Remove(slice);
                if (slice.Local.Unconfirmed > 0 || slice.Local.Overrun > 0)
                {
                    _noted.Add(slice);
                }
            }

            slice.Account.NotifyChanged();
        }

        SuspendByLaterAnswers(exchange, answers, growths);
    }

    /// <summary>
    /// Suspends slices of accounts that exceed their limits since a later slice of the same exchange charges and holds more. The answer to an
    /// earlier slice was given before that, and the answer to the later one may be of another window.
    /// </summary>
    private static void SuspendByLaterAnswers(SliceExchange exchange, IReadOnlyList<LedgerReservationResult> answers, long[] growths)
    {
        if (answers.Count < 2)
        {
            return;
        }

        var later = new Dictionary<string, long>(answers.Count);
        for (int i = answers.Count - 1; i >= 0; i--)
        {
            Slice slice = exchange.Slices[i].Slice;
            LedgerLineState state = answers[i].Lines[0];
            ref long growth = ref CollectionsMarshal.GetValueRefOrAddDefault(later, slice.Line.Account, out _);
            slice.IsSuspended |= growth > 0 && slice.Exceeds(state with { Charged = SaturatingMath.Add(state.Charged, growth) });
            growth = SaturatingMath.Add(growth, growths[i]);
        }
    }

    /// <summary>Exchanges the slice of an account, or closes it. Returns false if the account takes no part in exchanges any more.</summary>
    private bool Add(SliceExchange exchange, LeasedAccount account, bool isLast, long now)
    {
        long spare = account.WantedSpare(account.Slice, account.Slice?.Local.Held ?? 0, exchange.SentAt);
        _isUrgent |= account.Asked > 0;
        if (isLast || account.Line.ForgetAfter.UtcTicks <= now)
        {
            spare = 0;
        }

        if (account.Slice is null && spare == 0)
        {
            return false;
        }

        Slice slice = account.Slice ??= Open(account, now);
        if (spare == 0 && slice.Local.Held == 0)
        {
            Close(account, slice);
            return account.Asked > 0;
        }

        Add(exchange, slice, spare);
        return true;
    }

    /// <summary>Moves the last items of a list, which were reached, to its front: lists are exchanged from their ends.</summary>
    private static void ToFront<T>(List<T> list, int count)
    {
        if (count < list.Count)
        {
            list.InsertRange(0, list.GetRange(list.Count - count, count));
            list.RemoveRange(list.Count - count, count);
        }
    }

    private static void Add(SliceExchange exchange, Slice slice, long spare)
    {
        InMemoryPeriod local = slice.Local;
        LedgerLine line = slice.Line;
        if (slice.IsOverdrawn)
        {
            // The far ledger must know all that calls hold, whatever the limit is, since they were admitted.
            (line, spare) = (line with { Mode = LedgerLineMode.Record }, 0);
        }

        long wanted = SaturatingMath.Add(local.Held, spare);
        exchange.Slices.Add((slice, local.Charged, wanted, spare));
        exchange.Sent.Add(new LedgerSettlement
        {
            Id = slice.Id,
            Amounts = [local.Charged],
            Reservation = new LedgerReservation
            {
                Id = slice.Id,
                Lines = [line with { Amount = wanted }],
                Lease = slice.Lease,
                At = slice.ConfirmedAt,
            },
        });
        slice.Sent(local.Charged, wanted);
    }

    private Slice Open(LeasedAccount owner, long now)
    {
        InMemoryAccount account = locals.GetOrAdd(owner.Line.Account, owner.Line.ForgetAfter.UtcTicks);
        InMemoryPeriod local = account.GetOrAddPeriod(++_numbers, owner.Line.ForgetAfter.UtcTicks);
        var slice = new Slice(new LedgerReservationId(Guid.NewGuid(), 1, SliceBook.Owner), owner, owner.Line, account, local, rules.Lease);
        slice.Begin(new DateTimeOffset(now, TimeSpan.Zero));
        local.Slice = slice;
        return slice;
    }

    /// <summary>Opens no more calls in a slice that the far ledger has closed; a new one may follow.</summary>
    private void Close(LeasedAccount owner, Slice slice)
    {
        owner.Slice = null;
        slice.IsDraining = true;
        _draining.Add(slice);
    }

    /// <summary>Forgets accounts without recent calls.</summary>
    private void Purge(long timestamp)
    {
        if (rules.Clock.GetElapsedTime(_purgedAt, timestamp) < PurgeEvery)
        {
            return;
        }

        _purgedAt = timestamp;
        _noted.RemoveAll(slice => slice.Line.ForgetAfter <= rules.Clock.GetUtcNow() - NotedFor);
        foreach (((string Account, long Period) key, LeasedAccount account) in _accounts)
        {
            if (!account.IsActive && rules.Clock.GetElapsedTime(account.UsedAt, timestamp) > rules.Horizon)
            {
                _accounts.Remove(key);
            }
        }
    }
}
