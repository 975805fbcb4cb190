using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>
/// Runs commands that read a ledger. If it is missing, damaged or not a ledger, prints a message and returns exit code 1; if a value of
/// the command line is wrong, 2.
/// </summary>
internal static class LedgerCommand
{
    private const string Variable = "env:";
    private const string Redis = "redis:";

    public static async Task<int> RunAsync(ParseResult parsed, Func<TextWriter, Task<int>> command)
    {
        try
        {
            return await command(parsed.InvocationConfiguration.Output);
        }
        catch (Exception exception) when (exception is SpendLedgerException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
            return exception is ArgumentException ? ToolProgram.WrongUsage : 1;
        }
    }

    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="SqliteSpendLedgerException">The file is not a ledger.</exception>
    public static SqliteSpendRecords Open(string path) => File.Exists(path)
        ? SqliteSpendRecords.Open(path)
        : throw new FileNotFoundException($"The ledger file '{Path.GetFullPath(path)}' does not exist.");

    /// <summary>How a command names a ledger.</summary>
    public const string LedgerDescription = "The SQLite ledger file, or a connection string of PostgreSQL (Host=...;Database=...), or redis:CONFIGURATION, or env:NAME for an environment variable that has one of them (for a password).";

    /// <summary>Opens a ledger to change it.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="SpendLedgerException">The ledger cannot be used.</exception>
    public static async Task<ISpendLedger> OpenLedgerAsync(string ledger, string name, CancellationToken cancellationToken, bool creates = false)
    {
        ledger = Resolve(ledger);
        if (ledger.StartsWith(Redis, StringComparison.OrdinalIgnoreCase))
        {
            return await RedisSpendLedger.ConnectAsync(ledger[Redis.Length..], new RedisSpendLedgerOptions { Name = name }, cancellationToken);
        }

        if (ledger.Contains('=', StringComparison.Ordinal) && !File.Exists(ledger))
        {
            return await PostgreSqlSpendLedger.OpenAsync(ledger, new PostgreSqlSpendLedgerOptions { Name = name, Migrate = creates }, cancellationToken);
        }

        return creates || File.Exists(ledger)
            ? SqliteSpendLedger.Open(ledger)
            : throw new FileNotFoundException($"The ledger file '{Path.GetFullPath(ledger)}' does not exist.");
    }

    /// <summary>Returns how a ledger is named, also if that is in an environment variable.</summary>
    /// <exception cref="ArgumentException">The variable is not set.</exception>
    public static string Resolve(string ledger)
    {
        if (!ledger.StartsWith(Variable, StringComparison.OrdinalIgnoreCase))
        {
            return ledger;
        }

        string variable = ledger[Variable.Length..];
        return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new ArgumentException($"The environment variable '{variable}' is not set. Set it to a ledger file, a connection string of PostgreSQL or redis:CONFIGURATION.");
    }
}
