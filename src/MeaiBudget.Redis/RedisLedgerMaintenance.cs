using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Reads what each answer says about the ledger as a whole: ended leases, repaired losses, and work that is left.</summary>
internal sealed partial class RedisLedgerMaintenance(
    RedisLedgerConnection connection, string name, ILoggerFactory? loggers, Action<LedgerLeaseExpiry> tellExpired)
{
    /// <summary>How many ended leases one operation of the background work charges: they keep the server for about a millisecond.</summary>
    private const int SweptAtOnce = 40;

    private readonly ILogger _logger = loggers?.CreateLogger<RedisSpendLedger>() ?? (ILogger)NullLogger.Instance;
    private long _repaired;
    private bool _wasUsed;
    private int _isSweeping;

    /// <summary>Gets how many lost keys and entries were repaired.</summary>
    public long RepairedEntries => Interlocked.Read(ref _repaired);

    public void Observe(byte[] answer)
    {
        var read = new RedisLedgerAnswer(answer);
        foreach (LedgerLeaseExpiry expiry in read.Expired)
        {
            tellExpired(expiry);
        }

        if (read.Repaired > 0)
        {
            Interlocked.Add(ref _repaired, read.Repaired);
            LogRepaired(name, read.Repaired);
        }
        else if (read.Repaired < 0 && _wasUsed)
        {
            Interlocked.Increment(ref _repaired);
            LogLost(name);
        }

        _wasUsed = true;
        if (read.IsWorkLeft && Interlocked.CompareExchange(ref _isSweeping, 1, 0) == 0)
        {
            _ = Task.Run(SweepAsync);
        }
    }

    /// <summary>Does the work that operations left, in small parts, so that none of them keeps the server from others for long.</summary>
    private async Task SweepAsync()
    {
        try
        {
            bool isWorkLeft = true;
            while (isWorkLeft)
            {
                byte[] answer = await connection.RunAsync(RedisLedgerScript.Sweep, connection.Words().Add(SweptAtOnce), CancellationToken.None);
                Observe(answer);
                isWorkLeft = new RedisLedgerAnswer(answer).IsWorkLeft;
            }
        }
#pragma warning disable CA1031 // The next operation goes on with the work, and reports a failure to its caller.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            Volatile.Write(ref _isSweeping, 0);
        }
    }

    [LoggerMessage(EventId = 451, Level = LogLevel.Error, Message = "The server of the spend ledger '{Ledger}' has lost keys or entries; {Count} were repaired, and spend that was only in them is forgotten. Check that maxmemory-policy is noeviction, that the data are persisted, and that nobody deletes keys.")]
    private partial void LogRepaired(string ledger, long count);

    [LoggerMessage(EventId = 452, Level = LogLevel.Error, Message = "The server of the spend ledger '{Ledger}' has lost all of its data, and with them the spend of all budgets. The ledger starts from zero. Check the server's persistence.")]
    private partial void LogLost(string ledger);
}
