using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>Keeps what was read from a ledger for a moment, so that any number of viewers costs one read.</summary>
/// <remarks>
/// Thread-safe and bounded. What takes long to read is kept longer, forty times as long as it took and at most five minutes, so that one
/// figure costs at most a fortieth of the time. A failed read is kept too, so that not every viewer waits for a ledger that is away.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="least">How long a figure is kept at least.</param>
/// <param name="failed">Is told why a read failed.</param>
internal sealed class ConsoleCache(TimeProvider time, TimeSpan least, Action<Exception>? failed = null)
{
    private const int Times = 40;
    private const int MostEntries = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Returns what was read a moment ago, or reads it.</summary>
    /// <param name="key">The name of the figure.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="cancellationToken">Ends the wait of this caller only.</param>
    /// <param name="keptFor">Returns how long a figure that changes slowly, or is large, is kept at least.</param>
    public async Task<T> GetAsync<T>(string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken, Func<T, TimeSpan>? keptFor = null)
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
        var reading = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task task = entry.Begin(reading.Task);
        if (task == reading.Task)
        {
            _ = ReadAsync(entry, reading, read, keptFor);
        }

        return await ((Task<T>)task).WaitAsync(cancellationToken);
    }

    /// <summary>Forgets everything, so that a change shows at once.</summary>
    public void Clear() => _entries.Clear();

    private async Task ReadAsync<T>(Entry entry, TaskCompletionSource<T> reading, Func<CancellationToken, Task<T>> read, Func<T, TimeSpan>? keptFor)
    {
        long began = time.GetTimestamp();
        TimeSpan shortest = least;
        try
        {
            T value = await read(CancellationToken.None);
            shortest = keptFor?.Invoke(value) is { } asked && asked > least ? asked : least;
            Keep();
            reading.SetResult(value);
        }
#pragma warning disable CA1031 // Everybody who waits for the figure gets the exception.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Keep();
            failed?.Invoke(exception);
            reading.SetException(exception);
            _ = reading.Task.Exception;
        }

        void Keep()
        {
            TimeSpan kept = time.GetElapsedTime(began) * Times;
            kept = kept < shortest ? shortest : kept > Longest ? Longest : kept;
            entry.Until = time.GetTimestamp() + (long)(kept.TotalSeconds * time.TimestampFrequency);
        }
    }

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
        private Task? _task;
        private long _until = long.MaxValue;

        public long Until
        {
            set => Volatile.Write(ref _until, value);
        }

        public bool IsFresh(long now) => now < Volatile.Read(ref _until);

        /// <summary>Returns the task of the read; the given one if the caller is the first and has to read.</summary>
        public Task Begin(Task first) => Interlocked.CompareExchange(ref _task, first, null) ?? first;
    }
}
