using System.Security.Authentication;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>Thrown if an operation of a Redis ledger fails.</summary>
public sealed class RedisSpendLedgerException : SpendLedgerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="ledger">The ledger's name.</param>
    /// <param name="problem">The reason.</param>
    /// <param name="message">The message: what happened and what to do; no secret.</param>
    /// <param name="innerException">The exception of the Redis client.</param>
    public RedisSpendLedgerException(string ledger, RedisLedgerProblem problem, string message, Exception? innerException = null)
        : base(ledger, message, innerException) => Problem = problem;

    /// <summary>Gets the reason.</summary>
    public RedisLedgerProblem Problem { get; }

    internal static RedisSpendLedgerException From(string ledger, Exception exception)
    {
        RedisLedgerProblem problem = Classify(exception);
        string what = problem switch
        {
            RedisLedgerProblem.Unavailable => "The server cannot be reached or did not answer. The operation may have been applied; repeating it is safe. Check the server and the network.",
            RedisLedgerProblem.AccessDenied when exception.InnerException is AuthenticationException or IOException =>
                $"The connection with TLS failed ({Reason(exception)}). Set ssl=true only if the server uses TLS, and check its certificate.",
            RedisLedgerProblem.ScriptsDisabled => "The server cannot run scripts. Start Garnet with --lua and --lua-transaction-mode. On Redis and Valkey, allow EVAL and EVALSHA for the user.",
            RedisLedgerProblem.AccessDenied => $"The server rejects the user, the password or a command. The user needs +@connection, INFO, TIME, EXISTS, EVAL, EVALSHA and the commands of hashes, sorted sets and lists on the keys meaibudget:*. The server says: {Reason(exception)}",
            RedisLedgerProblem.OutOfMemory => "The server is out of memory. Raise maxmemory, and set maxmemory-policy to noeviction, because an evicted key loses recorded spend.",
            _ => $"The server rejected the operation: {Reason(exception)}",
        };
        return new RedisSpendLedgerException(ledger, problem, $"The operation on the spend ledger '{ledger}' failed. {what}", exception);
    }

    private static string Reason(Exception exception) => SecretRedactor.Default.Redact(exception.GetBaseException().Message);

    /// <summary>True if the operation may succeed soon, for example after a reconnection or a failover.</summary>
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
        RedisServerException server when StartsWith(server, "NOAUTH", "WRONGPASS", "NOPERM") || server.Message.Contains("ACL failure", StringComparison.Ordinal) || server.Message.Contains("can't run this command", StringComparison.Ordinal) => RedisLedgerProblem.AccessDenied,
        RedisServerException server when StartsWith(server, "OOM") => RedisLedgerProblem.OutOfMemory,
        RedisServerException server when server.Message.Contains("Lua", StringComparison.OrdinalIgnoreCase)
            || StartsWith(server, "ERR unknown command") => RedisLedgerProblem.ScriptsDisabled,
        _ when IsTransient(exception) || exception is ObjectDisposedException => RedisLedgerProblem.Unavailable,
        _ => RedisLedgerProblem.Refused,
    };

    private static bool StartsWith(RedisServerException exception, params ReadOnlySpan<string> beginnings)
    {
        foreach (string beginning in beginnings)
        {
            if (exception.Message.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
