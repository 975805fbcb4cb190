using System.Diagnostics;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>Runs the scripts of the ledger, each in one round trip, and repeats them while the server is unavailable.</summary>
internal sealed class RedisLedgerConnection
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FindsAgainAfter = TimeSpan.FromSeconds(1);
    private readonly IConnectionMultiplexer _multiplexer;
    private readonly string _name;
    private readonly RedisKey[] _keys;
    private readonly string _prefix;
    private readonly TimeProvider? _clock;
    private readonly TimeSpan _timeout;
    private readonly int _database;
    private long _foundAt;

    public RedisLedgerConnection(IConnectionMultiplexer multiplexer, string name, RedisSpendLedgerOptions options)
    {
        _multiplexer = multiplexer;
        _name = name;
        _clock = options.Clock;
        _timeout = options.OperationTimeout;
        _database = options.Database;
        string prefix = _prefix = $"meaibudget:{{{options.Name}}}:";
        _keys = [prefix + "accounts", prefix + "reservations", prefix + "due", prefix + "audit", prefix + "settings", prefix + "names", prefix + "spent"];
    }

    public LedgerServerClock ServerClock { get; } = new();

    public RedisKey Accounts => _keys[0];

    public RedisKey Reservations => _keys[1];

    public RedisKey Audit => _keys[3];

    /// <summary>Gets the key of the hours that have sums.</summary>
    public RedisKey Hours => _prefix + "hours";

    /// <summary>Returns the key of an hour's sums.</summary>
    public RedisKey Hour(long hour) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_prefix}hours:{hour}");

    public IDatabase Database => _multiplexer.GetDatabase(_database);

    /// <summary>Begins the arguments of a script.</summary>
    public RedisLedgerWords Words() => new(_clock);

    /// <summary>Runs a script.</summary>
    public Task<byte[]> RunAsync(RedisLedgerScript script, RedisLedgerWords words, CancellationToken cancellationToken) =>
        RunAsync(script, words, _timeout, cancellationToken);

    /// <summary>Runs the check of the server. The first command on a connection may take longer than the operations.</summary>
    public Task<byte[]> CheckAsync(CancellationToken cancellationToken) =>
        RunAsync(RedisLedgerScript.Check, Words(), _timeout > LongestCheck ? _timeout : LongestCheck, cancellationToken);

    private async Task<byte[]> RunAsync(RedisLedgerScript script, RedisLedgerWords words, TimeSpan timeout, CancellationToken cancellationToken)
    {
        RedisValue[] values = words.ToArray();
        long sentAt = Stopwatch.GetTimestamp();
        byte[] answer = await RepeatAsync(() => EvaluateAsync(script, values), timeout, cancellationToken);
        if (_clock is null)
        {
            ServerClock.Learn(RedisLedgerWords.Time(new RedisLedgerAnswer(answer).Microseconds).UtcTicks, sentAt);
        }

        return answer;
    }

    /// <summary>Runs an operation, and repeats it while the server is unavailable, in all for <see cref="RedisSpendLedgerOptions.OperationTimeout"/>.</summary>
    public Task<TResult> RepeatAsync<TResult>(Func<Task<TResult>> run, CancellationToken cancellationToken) => RepeatAsync(run, _timeout, cancellationToken);

    private async Task<TResult> RepeatAsync<TResult>(Func<Task<TResult>> run, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan pause = FirstPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!_multiplexer.IsConnected)
                {
                    // Otherwise the client would keep the command and send it much later, when its caller has given up.
                    throw new TimeoutException("There is no connection to the server.");
                }

                return await WithinAsync(run(), timeout - Stopwatch.GetElapsedTime(started), cancellationToken);
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
            {
                // The operation may have been applied. Repeating it with the same ids is safe.
                if (!RedisSpendLedgerException.IsTransient(exception) || Stopwatch.GetElapsedTime(started) + pause >= timeout)
                {
                    throw RedisSpendLedgerException.From(_name, exception);
                }

                FindServers();
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static async Task<TResult> WithinAsync<TResult>(Task<TResult> running, TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            return await running.WaitAsync(time > TimeSpan.Zero ? time : FirstPause, cancellationToken);
        }
        finally
        {
            if (!running.IsCompleted)
            {
                // It may fail later, when nobody waits for it any more.
                _ = running.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }
    }

    /// <summary>
    /// Asks the servers for their roles again, at most once a second: after a fail-over the connection would otherwise learn of the new
    /// master only at its next check, which is a minute later by default.
    /// </summary>
    private void FindServers()
    {
        long last = Volatile.Read(ref _foundAt);
        if ((last == 0 || Stopwatch.GetElapsedTime(last) > FindsAgainAfter)
            && Interlocked.CompareExchange(ref _foundAt, Stopwatch.GetTimestamp(), last) == last)
        {
            _ = _multiplexer.ConfigureAsync().ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    /// <summary>Runs a script once.</summary>
    public async Task<RedisResult> EvaluateAsync(RedisLedgerScript script, RedisKey[] keys, RedisValue[] values)
    {
        IDatabase database = Database;
        try
        {
            return await database.ScriptEvaluateAsync(script.Hash, keys, values, CommandFlags.DemandMaster);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server does not have the script, for example after a restart. This call also stores it there.
            return await database.ScriptEvaluateAsync(script.Text, keys, values, CommandFlags.DemandMaster);
        }
    }

    private async Task<byte[]> EvaluateAsync(RedisLedgerScript script, RedisValue[] values) => (byte[])(await EvaluateAsync(script, _keys, values))!;
}
