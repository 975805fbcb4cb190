using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Records that are written to a history in the background, in their order, each at least once while the process lives.</summary>
/// <remarks>
/// Bounded: beyond <see cref="Capacity"/> records the oldest is dropped and counted. A process that ends loses what it has not written.
/// Thread-safe.
/// </remarks>
internal sealed partial class HistoryQueue
{
    public const int Capacity = 10_000;
    private const int MostAtOnce = 500;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>One queue for each history, so that all trackers and runs on a ledger share its bound.</summary>
    private static readonly ConditionalWeakTable<ISpendHistory, HistoryQueue> Queues = [];

    private readonly Lock _lock = new();
    private readonly Queue<SpendRecord> _records = new();
    private readonly ISpendHistory _history;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private Task _writing = Task.CompletedTask;
    private ITimer? _pausing;
    private TimeSpan _pause = TimeSpan.Zero;
    private bool _isWriting;
    private bool _isRefused;

    /// <summary>How many of the oldest records are being written.</summary>
    private int _batch;

    private HistoryQueue(ISpendHistory history, TimeProvider clock, ILogger? logger)
    {
        _history = history;
        _clock = clock;
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>Gets how many records wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _records.Count;
            }
        }
    }

    /// <summary>Gets the task that writes now, or that has written last.</summary>
    public Task Writing
    {
        get
        {
            lock (_lock)
            {
                return _writing;
            }
        }
    }

    public static HistoryQueue Of(ISpendHistory history, TimeProvider clock, ILogger? logger = null) =>
        Queues.GetValue(history, one => new HistoryQueue(one, clock, logger));

    public void Add(SpendRecord record)
    {
        bool isDropped = false;
        bool starts;
        lock (_lock)
        {
            if (_isRefused)
            {
                return;
            }

            _records.Enqueue(record);
            if (_records.Count > Capacity)
            {
                _records.Dequeue();
                _batch = Math.Max(0, _batch - 1);
                isDropped = true;
            }

            starts = IsToStart();
        }

        MeaiBudgetDiagnostics.RecordHistory(isDropped ? 0 : 1, isDropped ? 1 : 0);
        Start(starts);
    }

    /// <summary>Writes until nothing is left or the history fails; then it tries again after a pause.</summary>
    private async Task WriteAsync()
    {
        while (true)
        {
            SpendRecord[] batch;
            lock (_lock)
            {
                if (_records.Count == 0)
                {
                    _isWriting = false;
                    return;
                }

                batch = [.. _records.Take(MostAtOnce)];
                _batch = batch.Length;
            }

            try
            {
                await _history.WriteAsync(batch);
            }
            catch (Exception exception)
            {
                Pause(exception);
                return;
            }

            int written;
            lock (_lock)
            {
                _pause = TimeSpan.Zero;
                written = _batch;
                for (int i = 0; i < written; i++)
                {
                    _records.Dequeue();
                }

                _batch = 0;
            }

            MeaiBudgetDiagnostics.RecordHistory(-written, 0);
        }
    }

    private void Pause(Exception exception)
    {
        bool isRefused = exception is NotSupportedException or ArgumentException;
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogFailed(_history.GetType().Name, LoggedException.Describe(exception));
        }

        int dropped = 0;
        bool starts;
        lock (_lock)
        {
            _isWriting = false;
            if (isRefused)
            {
                // Writing them again would not help.
                _isRefused = exception is NotSupportedException;
                for (dropped = 0; _records.Count > 0 && (_isRefused || dropped < _batch); dropped++)
                {
                    _records.Dequeue();
                }
            }
            else
            {
                _pause = _pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
                _pausing = _clock.CreateTimer(static state => ((HistoryQueue)state!).Continue(), this, _pause, Timeout.InfiniteTimeSpan);
            }

            _batch = 0;
            starts = IsToStart();
        }

        MeaiBudgetDiagnostics.RecordHistory(-dropped, dropped);
        Start(starts);
    }

    private void Continue()
    {
        bool starts;
        lock (_lock)
        {
            _pausing?.Dispose();
            _pausing = null;
            starts = IsToStart();
        }

        Start(starts);
    }

    /// <summary>True if the caller is to start writing, once it has left the lock.</summary>
    private bool IsToStart()
    {
        if (_isWriting || _pausing is not null || _records.Count == 0)
        {
            return false;
        }

        _isWriting = true;
        return true;
    }

    private void Start(bool starts)
    {
        if (!starts)
        {
            return;
        }

        // Only a ledger in memory is written at once: the caller must not wait for a store.
        Task writing = _history is InMemorySpendLedger ? WriteAsync() : Task.Run(WriteAsync);
        lock (_lock)
        {
            _writing = writing;
        }
    }

    [LoggerMessage(EventId = 430, Level = LogLevel.Warning, Message = "The history {History} could not be written: {Failure}")]
    private partial void LogFailed(string history, string failure);
}
