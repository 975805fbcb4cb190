using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>
/// Shows on standard error, if that is a terminal, that a command works and how far it is: from its second second on, in one line that is
/// cleared at the end. Standard output stays clean for pipes. Thread-safe.
/// </summary>
internal sealed class ToolProgress : IProgress<long>, IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly TextWriter _error;
    private readonly string _what;
    private readonly string _unit;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private long _count;
    private bool _isShown;
    private bool _isDone;

    /// <param name="error">The terminal.</param>
    /// <param name="what">What the command does.</param>
    /// <param name="unit">What is counted.</param>
    /// <param name="clock">The clock.</param>
    internal ToolProgress(TextWriter error, string what, string unit, TimeProvider clock)
    {
        (_error, _what, _unit, _clock) = (error, what, unit, clock);
        _start = clock.GetTimestamp();
        _timer = clock.CreateTimer(_ => Show(), null, Quiet, Interval);
    }

    /// <summary>Runs work with progress, if standard error is a terminal.</summary>
    /// <param name="what">What the command does, for example "Reading the ledger".</param>
    /// <param name="unit">What is counted, in the plural.</param>
    /// <param name="work">The work; it gets what it reports its count to, or null.</param>
    public static async Task<TResult> RunAsync<TResult>(string what, string unit, Func<IProgress<long>?, Task<TResult>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(null);
        }

        using var progress = new ToolProgress(StandardStreams.Error, what, unit, TimeProvider.System);
        return await work(progress);
    }

    /// <summary>Reports how many are done.</summary>
    public void Report(long value) => Volatile.Write(ref _count, value);

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            _isDone = true;
            if (_isShown)
            {
                _error.Write("\r\u001b[K");
                _error.Flush();
            }
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            if (_isDone)
            {
                return;
            }

            _isShown = true;
            long count = Volatile.Read(ref _count);
            string counted = count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{count:N0} {_unit}, ");
            _error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{_what}: {counted}{_clock.GetElapsedTime(_start).TotalSeconds:0} s\u001b[K"));
            _error.Flush();
        }
    }
}
