using System.Diagnostics;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>Runs the scripts of the ledger, each in one round trip, and repeats them while the server is unavailable.</summary>
internal sealed class RedisLedgerConnection
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private readonly IConnectionMultiplexer _multiplexer;
    private readonly string _name;
    private readonly RedisKey[] _keys;
    private readonly TimeProvider? _clock;
    private readonly TimeSpan _timeout;
    private readonly int _database;

    public RedisLedgerConnection(IConnectionMultiplexer multiplexer, string name, RedisSpendLedgerOptions options)
    {
        _multiplexer = multiplexer;
        _name = name;
        _clock = options.Clock;
        _timeout = options.OperationTimeout;
        _database = options.Database;
        string prefix = $"meaibudget:{{{options.Name}}}:";
        _keys = [prefix + "accounts", prefix + "reservations", prefix + "due", prefix + "audit"];
    }

    public LedgerServerClock ServerClock { get; } = new();

    public RedisKey Accounts => _keys[0];

    public RedisKey Audit => _keys[3];

    public IDatabase Database => _multiplexer.GetDatabase(_database);

    /// <summary>Begins the arguments of a script.</summary>
    public RedisLedgerWords Words() => new(_clock);

    /// <summary>Runs a script.</summary>
    public async Task<byte[]> RunAsync(RedisLedgerScript script, RedisLedgerWords words, CancellationToken cancellationToken)
    {
        RedisValue[] values = words.ToArray();
        long sentAt = Stopwatch.GetTimestamp();
        byte[] answer = await RepeatAsync(() => EvaluateAsync(script, values), cancellationToken);
        if (_clock is null)
        {
            ServerClock.Learn(RedisLedgerWords.Time(new RedisLedgerAnswer(answer).Microseconds).UtcTicks, sentAt);
        }

        return answer;
    }

    public async Task<TResult> RepeatAsync<TResult>(Func<Task<TResult>> run, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan pause = FirstPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await run().WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
            {
                // The operation may have been applied. Repeating it with the same ids is safe.
                if (!RedisSpendLedgerException.IsTransient(exception) || Stopwatch.GetElapsedTime(started) + pause >= _timeout)
                {
                    throw RedisSpendLedgerException.From(_name, exception);
                }
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<byte[]> EvaluateAsync(RedisLedgerScript script, RedisValue[] values)
    {
        IDatabase database = Database;
        try
        {
            return (byte[])(await database.ScriptEvaluateAsync(script.Hash, _keys, values, CommandFlags.DemandMaster))!;
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server does not have the script, for example after a restart. This call also stores it there.
            return (byte[])(await database.ScriptEvaluateAsync(script.Text, _keys, values, CommandFlags.DemandMaster))!;
        }
    }
}
