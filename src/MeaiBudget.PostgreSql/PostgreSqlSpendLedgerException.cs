using System.Net.Sockets;
using Npgsql;

namespace MeaiBudget;

/// <summary>Thrown if an operation of a PostgreSQL ledger fails.</summary>
public sealed class PostgreSqlSpendLedgerException : SpendLedgerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="ledger">The ledger's name.</param>
    /// <param name="problem">The reason.</param>
    /// <param name="message">The message: what happened and what to do; no secret.</param>
    /// <param name="innerException">The exception of Npgsql.</param>
    public PostgreSqlSpendLedgerException(string ledger, PostgreSqlLedgerProblem problem, string message, Exception? innerException = null)
        : base(ledger, message, innerException) => Problem = problem;

    /// <summary>Gets the reason.</summary>
    public PostgreSqlLedgerProblem Problem { get; }

    internal static SpendLedgerException From(string ledger, Exception exception)
    {
        if (exception is SpendLedgerException already)
        {
            return already;
        }

        PostgreSqlLedgerProblem problem = Classify(exception);
        string what = problem switch
        {
            PostgreSqlLedgerProblem.Unavailable => $"The server cannot be reached or did not answer in time ({Reason(exception)}). The operation may have been applied; repeating it is safe. Check the server, the network, and whether a transaction of another client keeps the ledger's rows locked.",
            PostgreSqlLedgerProblem.AccessDenied => "The server rejects the user or the password, or the user lacks a permission. It needs USAGE on the ledger's schema, EXECUTE on its functions, and SELECT, INSERT, UPDATE and DELETE on its tables.",
            PostgreSqlLedgerProblem.NotMigrated => "The database has no ledger of this version. Run `meaibudget ledger migrate`, or let the ledger do it (Migrate).",
            PostgreSqlLedgerProblem.ReadOnly => "The server is read-only: it is a standby, or was the primary. Connect to the primary: name all hosts, and set Target Session Attributes=primary.",
            PostgreSqlLedgerProblem.DiskFull => "The disk of the server is full. Free some space. What was committed is safe, and the operation can be repeated.",
            _ => $"The server rejected the operation: {Reason(exception)}",
        };
        return new PostgreSqlSpendLedgerException(ledger, problem, $"The operation on the spend ledger '{ledger}' failed. {what}", exception);
    }

    private static string Reason(Exception exception) => SecretRedactor.Default.Redact(exception.GetBaseException().Message);

    /// <summary>True if the operation may succeed soon: after a conflict, a reconnection or a fail-over. Every operation can be repeated safely.</summary>
    internal static bool IsTransient(Exception exception) => exception switch
    {
        _ when IsReadOnly(exception) => true,
        PostgresException server => server.SqlState is
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.ConnectionFailure or PostgresErrorCodes.ConnectionException or PostgresErrorCodes.ConnectionDoesNotExist
            or PostgresErrorCodes.SqlClientUnableToEstablishSqlConnection or PostgresErrorCodes.SqlServerRejectedEstablishmentOfSqlConnection

            // The server's time-outs of a statement, a session and a transaction, too little memory, and an answer that was lost.
            or PostgresErrorCodes.QueryCanceled or "25P03" or "57P05" or "25P04"
            or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.StatementCompletionUnknown,
        NpgsqlException { InnerException: TimeoutException or IOException or SocketException } => true,

        // Of several hosts, none is the primary at the moment, or those that can be reached are not.
        NpgsqlException { InnerException: AggregateException hosts } => hosts.InnerExceptions.Any(IsTransient),
        NpgsqlException { InnerException: null } client => client.IsTransient || client.Message.Contains("suitable host", StringComparison.Ordinal),
        NpgsqlException client => client.IsTransient,
        TimeoutException or IOException or SocketException => true,
        _ => false,
    };

    /// <summary>True if the server does not write: a demoted primary, or a standby, which refuses to begin a transaction that may write.</summary>
    /// <remarks>Its message for the latter is translated; the name of the function that checks a setting is not.</remarks>
    internal static bool IsReadOnly(Exception exception) => exception
        is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction }
        or PostgresException { SqlState: PostgresErrorCodes.FeatureNotSupported, Routine: "call_bool_check_hook" };

    private static PostgreSqlLedgerProblem Classify(Exception exception) => exception switch
    {
        _ when IsReadOnly(exception) => PostgreSqlLedgerProblem.ReadOnly,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => PostgreSqlLedgerProblem.DiskFull,
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => PostgreSqlLedgerProblem.Unavailable,
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName } => PostgreSqlLedgerProblem.NotMigrated,
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } => PostgreSqlLedgerProblem.AccessDenied,
        _ when IsTransient(exception) || exception is OperationCanceledException or ObjectDisposedException => PostgreSqlLedgerProblem.Unavailable,
        _ => PostgreSqlLedgerProblem.Refused,
    };
}
