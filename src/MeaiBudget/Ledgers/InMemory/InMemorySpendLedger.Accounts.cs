namespace MeaiBudget;

/// <content>What is kept.</content>
public sealed partial class InMemorySpendLedger
{
    private enum EntryState : byte
    {
        Open,
        Expired,
        Unconfirmed,
        Settled,
    }

    /// <summary>One period of one account.</summary>
    private sealed class Bucket(long period)
    {
        public readonly long Period = period;
        public long Charged;
        public long Held;
        public long Unconfirmed;
        public long Overrun;
        public long ForgetAfter;
        public int Open;
    }

    private sealed class Account(string name)
    {
        /// <summary>Sorted by period; mostly one.</summary>
        private readonly List<Bucket> _buckets = new(1);
        private List<LedgerGrant>? _grants;
        private TaskCompletionSource? _changed;

        public readonly string Name = name;
        public long Held;
        public int Open;
        public int Visits;

        public bool HoldsSomething => Open > 0 || _buckets.Exists(bucket => bucket.Charged != 0);

        public Bucket BucketOf(long period, long forgetAfter)
        {
            int i = _buckets.Count - 1;
            while (i >= 0 && _buckets[i].Period > period)
            {
                i--;
            }

            Bucket bucket;
            if (i >= 0 && _buckets[i].Period == period)
            {
                bucket = _buckets[i];
            }
            else
            {
                bucket = new Bucket(period);
                _buckets.Insert(i + 1, bucket);
            }

            bucket.ForgetAfter = Math.Max(bucket.ForgetAfter, forgetAfter);
            return bucket;
        }

        public LedgerLineState Read(long firstPeriod, long period, long now, bool fits)
        {
            long charged = 0, unconfirmed = 0, overrun = 0, held = 0;

            // In a range, what a clock that is ahead of this one charged counts as well, as far as the range is long.
            long last = SaturatingMath.Add(period, period - firstPeriod);
            for (int i = _buckets.Count - 1; i >= 0; i--)
            {
                Bucket bucket = _buckets[i];
                if (bucket.Period < firstPeriod)
                {
                    break;
                }

                if (bucket.Period <= last)
                {
                    charged = SaturatingMath.Add(charged, bucket.Charged);
                    unconfirmed = SaturatingMath.Add(unconfirmed, bucket.Unconfirmed);
                    overrun = SaturatingMath.Add(overrun, bucket.Overrun);
                    held = SaturatingMath.Add(held, bucket.Held);
                }
            }

            // A rolling budget's open reservations count whatever their age.
            if (firstPeriod < period)
            {
                held = Held;
            }

            return new LedgerLineState(charged, held, unconfirmed, overrun, _grants is null ? 0 : Granted(now), fits);
        }

        public bool AddGrant(LedgerGrant grant, long now)
        {
            _grants ??= [];
            if (_grants.Exists(other => other.Id == grant.Id))
            {
                return false;
            }

            if (grant.ExpiresAt.UtcTicks > now)
            {
                _grants.Add(grant);
            }

            return true;
        }

        public Task WhenChanged() =>
            (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public void Changed()
        {
            _changed?.TrySetResult();
            _changed = null;
        }

        public void ForgetNow() => _buckets.ForEach(bucket => bucket.ForgetAfter = long.MinValue);

        /// <summary>Drops what no longer counts; says whether anything is left, and when to look again.</summary>
        public bool Tidy(long now, out long next)
        {
            _buckets.RemoveAll(bucket => bucket.Open == 0 && bucket.ForgetAfter <= now);
            _grants?.RemoveAll(grant => grant.ExpiresAt.UtcTicks <= now);
            next = long.MaxValue;
            foreach (Bucket bucket in _buckets)
            {
                // One that is past its time but still has something open is looked at again in a minute.
                next = Math.Min(next, Math.Max(bucket.ForgetAfter, now + TimeSpan.TicksPerMinute));
            }

            if (_grants is not null)
            {
                foreach (LedgerGrant grant in _grants)
                {
                    next = Math.Min(next, grant.ExpiresAt.UtcTicks);
                }
            }

            return _buckets.Count > 0 || _grants is { Count: > 0 };
        }

        private long Granted(long now)
        {
            long granted = 0;
            foreach (LedgerGrant grant in _grants!)
            {
                if (grant.ExpiresAt.UtcTicks > now)
                {
                    granted = SaturatingMath.Add(granted, grant.Amount);
                }
            }

            return granted;
        }
    }

    private struct EntryLine
    {
        public Account Account;
        public Bucket Bucket;
        public long FirstPeriod;
        public long Period;
        public long Reserved;
        public long Charged;
        public bool IsTaken;
    }

    /// <summary>One reservation, open or closed.</summary>
    private sealed class Entry
    {
        public required LedgerReservationId Id;
        public required EntryLine[] Lines;
        public EntryState State;
        public HashSet<Guid>? Adjustments;

        /// <summary>The place in the lease queue; -1 if it is not there.</summary>
        public int LeaseIndex = -1;
        public long LeaseUntil;

        public bool IsForgotten(long now)
        {
            foreach (EntryLine line in Lines)
            {
                if (line.Bucket.ForgetAfter > now)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Owners are few and long; calls tell reservations apart well enough.</summary>
    private sealed class ByCallAndAttempt : IEqualityComparer<LedgerReservationId>
    {
        public bool Equals(LedgerReservationId x, LedgerReservationId y) =>
            x.CallId == y.CallId && x.Attempt == y.Attempt && string.Equals(x.Owner, y.Owner, StringComparison.Ordinal);

        public int GetHashCode(LedgerReservationId obj) => HashCode.Combine(obj.CallId, obj.Attempt);
    }

    /// <summary>Open reservations by the end of their lease: a binary heap in which each knows its place, so that it can be taken out.</summary>
    private sealed class LeaseQueue
    {
        private Entry[] _heap = new Entry[16];

        public int Count { get; private set; }

        public void Add(Entry entry, long until)
        {
            if (Count == _heap.Length)
            {
                Array.Resize(ref _heap, Count * 2);
            }

            entry.LeaseUntil = until;
            Up(entry, Count++);
        }

        public void Update(Entry entry, long until)
        {
            entry.LeaseUntil = until;
            Place(entry, entry.LeaseIndex);
        }

        public void Remove(Entry entry)
        {
            int index = entry.LeaseIndex;
            if (index < 0)
            {
                return;
            }

            entry.LeaseIndex = -1;
            Entry last = _heap[--Count];
            _heap[Count] = null!;
            if (index < Count)
            {
                Place(last, index);
            }

            if (Count < _heap.Length / 8 && _heap.Length > 1024)
            {
                Array.Resize(ref _heap, _heap.Length / 2);
            }
        }

        public bool TryTakeDue(long now, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Entry? entry)
        {
            entry = null;
            if (Count == 0 || _heap[0].LeaseUntil > now)
            {
                return false;
            }

            entry = _heap[0];
            Remove(entry);
            return true;
        }

        private void Place(Entry entry, int index)
        {
            if (index > 0 && entry.LeaseUntil < _heap[(index - 1) / 2].LeaseUntil)
            {
                Up(entry, index);
            }
            else
            {
                Down(entry, index);
            }
        }

        private void Up(Entry entry, int index)
        {
            while (index > 0 && entry.LeaseUntil < _heap[(index - 1) / 2].LeaseUntil)
            {
                Set(_heap[(index - 1) / 2], index);
                index = (index - 1) / 2;
            }

            Set(entry, index);
        }

        private void Down(Entry entry, int index)
        {
            while (true)
            {
                int child = (2 * index) + 1;
                if (child >= Count)
                {
                    break;
                }

                if (child + 1 < Count && _heap[child + 1].LeaseUntil < _heap[child].LeaseUntil)
                {
                    child++;
                }

                if (_heap[child].LeaseUntil >= entry.LeaseUntil)
                {
                    break;
                }

                Set(_heap[child], index);
                index = child;
            }

            Set(entry, index);
        }

        private void Set(Entry entry, int index)
        {
            _heap[index] = entry;
            entry.LeaseIndex = index;
        }
    }
}
