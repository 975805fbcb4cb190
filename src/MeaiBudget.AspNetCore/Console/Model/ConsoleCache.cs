using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>Keeps what was read from a ledger for a moment, so that any number of viewers costs one read.</summary>
/// <remarks>
/// Thread-safe and bounded. What takes long to read is kept longer, forty times as long as it took and at most five minutes, so that one
/// figure costs at most a fortieth of the time. A failed read is kept too, so that not every viewer waits for a ledger that is away.
/// </remarks>
internal sealed class ConsoleCache(TimeProvider time, TimeSpan least)
{
    private const int Times = 40;
    private const int MostEntries = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Returns what was read a moment ago, or reads it.</summary>
    public async Task<T> GetAsync<T>(string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        long now = time.GetTimestamp();
        if (_entries.TryGetValue(key, out Entry? entry) && !entry.IsFresh(now))
        {
            _entries.TryRemove(KeyValuePair.Create(key, entry));
        }

        if (_entries.Count >= MostEntries)
        {
            RemoveOld(now);
        }

        // The read belongs to all who wait for it, so it has its own token: a viewer who leaves does not cancel it for the others.
        entry = _entries.GetOrAdd(key, _ => new Entry());
        return await ((Task<T>)entry.Begin(() => ReadAsync(entry, read))).WaitAsync(cancellationToken);
    }

    /// <summary>Forgets everything, so that a change shows at once.</summary>
    public void Clear() => _entries.Clear();

    private Task<T> ReadAsync<T>(Entry entry, Func<CancellationToken, Task<T>> read) => Task.Run(async () =>
    {
        long began = time.GetTimestamp();
        try
        {
            return await read(CancellationToken.None);
        }
        finally
        {
            TimeSpan kept = time.GetElapsedTime(began) * Times;
            kept = kept < least ? least : kept > Longest ? Longest : kept;
            entry.Until = time.GetTimestamp() + (long)(kept.TotalSeconds * time.TimestampFrequency);
        }
    });

    private void RemoveOld(long now)
    {
        foreach (KeyValuePair<string, Entry> entry in _entries)
        {
            if (!entry.Value.IsFresh(now))
            {
                _entries.TryRemove(entry);
            }
        }

        // All are fresh: somebody asks many different questions at once. What is forgotten here is read again.
        if (_entries.Count >= MostEntries)
        {
            _entries.Clear();
        }
    }

    private sealed class Entry
    {
        private readonly Lock _lock = new();
        private Task? _task;
        private long _until = long.MaxValue;

        public long Until
        {
            set => Volatile.Write(ref _until, value);
        }

        public bool IsFresh(long now) => now < Volatile.Read(ref _until);

        public Task Begin(Func<Task> start)
        {
            lock (_lock)
            {
                return _task ??= start();
            }
        }
    }
}
