using System.Diagnostics;
using Npgsql;

namespace MeaiBudget;

/// <summary>Runs statements, each in one round trip on a connection of the pool, and repeats them while the server is unavailable.</summary>
/// <remarks>
/// No statement needs a session's state, an earlier transaction or a prepared statement, so a pooler may give each transaction another
/// session.
/// </remarks>
internal sealed class PostgreSqlLedgerConnection(NpgsqlDataSource dataSource, string name, PostgreSqlSpendLedgerOptions options)
{
    /// <summary>After this time without a batch, the writer's connection goes back to its pool.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    /// <summary>After the server had no place for another connection, the writer's is given back after each batch for this time.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private readonly bool _hasOneConnection = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString) is { Pooling: true, MaxPoolSize: 1 };
    private NpgsqlConnection? _kept;
    private long _keptSince;
    private long _refusedAt;

    public string Name { get; } = name;

    public string Schema { get; } = options.Schema;

    /// <summary>Gets the clock for tests; <see langword="null"/> for the server's.</summary>
    public TimeProvider? Clock { get; } = options.Clock;

    public LedgerServerClock ServerClock { get; } = new();

    /// <summary>Gets the time to pass to a function: null for the server's.</summary>
    public long? Now => Clock?.GetUtcNow().UtcTicks;

    /// <summary>Runs <paramref name="run"/> on a connection until it succeeds, its failure is not transient, or the time is over.</summary>
    public Task<TResult> RunAsync<TResult>(Func<NpgsqlConnection, CancellationToken, Task<TResult>> run, CancellationToken cancellationToken) =>
        RepeatAsync(
            async token =>
            {
                await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(token);
                return await run(connection, token);
            },
            cancellationToken);

    /// <summary>
    /// Does the same for the writer, one call at a time, on one connection that is kept between calls: a pool resets a session that is
    /// given back, and then the server would plan the statements of its functions again.
    /// </summary>
    public Task<TResult> RunOnKeptAsync<TResult>(Func<NpgsqlConnection, CancellationToken, Task<TResult>> run) =>
        RepeatAsync(
            async token =>
            {
                NpgsqlConnection? connection = Interlocked.Exchange(ref _kept, null);
                if (connection is not null && Stopwatch.GetElapsedTime(_keptSince) > KeptFor)
                {
                    await connection.DisposeAsync();
                    connection = null;
                }

                connection ??= await dataSource.OpenConnectionAsync(token);
                TResult result;
                try
                {
                    result = await run(connection, token);
                }
                catch
                {
                    await connection.DisposeAsync();
                    throw;
                }

                _keptSince = Stopwatch.GetTimestamp();
                Volatile.Write(ref _kept, connection);
                if (_hasOneConnection || (Volatile.Read(ref _refusedAt) is var refused and not 0 && Stopwatch.GetElapsedTime(refused) < SharedFor))
                {
                    await CloseKeptAsync();
                }

                return result;
            },
            CancellationToken.None);

    /// <summary>Gives the writer's connection back, unless a batch uses it.</summary>
    public async Task CloseKeptAsync()
    {
        if (Interlocked.Exchange(ref _kept, null) is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    private async Task<TResult> RepeatAsync<TResult>(Func<CancellationToken, Task<TResult>> run, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan pause = FirstPause;
        Exception? reason = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan left = options.OperationTimeout - Stopwatch.GetElapsedTime(started);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1));
            try
            {
                return await run(timeout.Token);
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();

                // That the time is over is no reason, if an earlier try was told one.
                bool isOver = Stopwatch.GetElapsedTime(started) + pause >= options.OperationTimeout;
                reason = isOver && exception is OperationCanceledException && reason is not null ? reason : exception;

                // The operation may have been applied. Repeating it with the same ids is safe.
                if (isOver || !PostgreSqlSpendLedgerException.IsTransient(exception))
                {
                    throw PostgreSqlSpendLedgerException.From(Name, reason);
                }

                if (PostgreSqlSpendLedgerException.IsReadOnly(exception))
                {
                    // The primary was demoted. Idle connections to it are of no use.
                    dataSource.Clear();
                }
                else if (exception is PostgresException { SqlState: PostgresErrorCodes.TooManyConnections })
                {
                    Volatile.Write(ref _refusedAt, Stopwatch.GetTimestamp());
                    await CloseKeptAsync();
                }
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
