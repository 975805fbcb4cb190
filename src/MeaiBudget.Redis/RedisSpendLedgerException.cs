using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>A Redis ledger could not carry out an operation.</summary>
public sealed class RedisSpendLedgerException : SpendLedgerException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ledger">The ledger's name.</param>
    /// <param name="problem">Why it failed.</param>
    /// <param name="message">What happened and what to do; no secret.</param>
    /// <param name="innerException">The client's own exception.</param>
    public RedisSpendLedgerException(string ledger, RedisLedgerProblem problem, string message, Exception? innerException = null)
        : base(ledger, message, innerException) => Problem = problem;

    /// <summary>Gets why it failed.</summary>
    public RedisLedgerProblem Problem { get; }

    internal static RedisSpendLedgerException From(string ledger, Exception exception)
    {
        var problem = Classify(exception);
        var what = problem switch
        {
            RedisLedgerProblem.Unavailable => "The server did not answer. Whether the operation was applied is unknown; repeating it is safe. Look at the server and the network.",
            RedisLedgerProblem.ScriptsDisabled => "The server cannot run scripts. On Garnet, start it with --lua and --lua-transaction-mode; on Redis and Valkey, allow the user EVAL and EVALSHA.",
            RedisLedgerProblem.AccessDenied => "The server refuses the user or the password. The user needs EVAL, EVALSHA, HSCAN, LRANGE and the commands of hashes, sorted sets and lists on the ledger's keys.",
            RedisLedgerProblem.OutOfMemory => "The server is out of memory. Raise maxmemory, and set maxmemory-policy to noeviction: an evicted key is spend forgotten.",
            _ => "The server refused the operation; the inner exception says why.",
        };
        return new RedisSpendLedgerException(ledger, problem, $"The spend ledger '{ledger}' could not be used. {what}", exception);
    }

    /// <summary>Whether the same operation may succeed in a moment: a connection that is being made again, a fail-over.</summary>
    internal static bool IsTransient(Exception exception) => exception switch
    {
        RedisTimeoutException or TimeoutException => true,
        RedisConnectionException connection => connection.FailureType is not ConnectionFailureType.AuthenticationFailure,
        RedisServerException server => StartsWith(server, "LOADING", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "BUSY ", "NOREPLICAS", "UNBLOCKED"),
        _ => false,
    };

    private static RedisLedgerProblem Classify(Exception exception) => exception switch
    {
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => RedisLedgerProblem.AccessDenied,
        RedisServerException server when StartsWith(server, "NOAUTH", "WRONGPASS", "NOPERM") => RedisLedgerProblem.AccessDenied,
        RedisServerException server when StartsWith(server, "OOM") => RedisLedgerProblem.OutOfMemory,
        RedisServerException server when server.Message.Contains("Lua", StringComparison.OrdinalIgnoreCase)
            || StartsWith(server, "ERR unknown command") => RedisLedgerProblem.ScriptsDisabled,
        _ when IsTransient(exception) || exception is ObjectDisposedException => RedisLedgerProblem.Unavailable,
        _ => RedisLedgerProblem.Refused,
    };

    private static bool StartsWith(RedisServerException exception, params ReadOnlySpan<string> beginnings)
    {
        foreach (var beginning in beginnings)
        {
            if (exception.Message.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
