using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>
/// Runs commands that read a ledger. If it is missing, damaged or not a ledger, prints a message and returns exit code 1; if a value of
/// the command line is wrong, 2.
/// </summary>
internal static class LedgerCommand
{
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

    /// <summary>Opens the history of a ledger file.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="SqliteSpendLedgerException">The file is not a ledger.</exception>
    /// <exception cref="ArgumentException">The ledger is not a file.</exception>
    public static SqliteSpendRecords Open(string ledger) => SqliteSpendRecords.Open(LedgerAddress.Parse(ledger).ToFile());

    /// <summary>Opens a ledger to change it.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="SpendLedgerException">The ledger cannot be used.</exception>
    /// <exception cref="ArgumentException">The argument names no ledger.</exception>
    public static async Task<ISpendLedger> OpenLedgerAsync(string ledger, string name, CancellationToken cancellationToken, bool creates = false)
    {
        var address = LedgerAddress.Parse(ledger);
        return address.Kind switch
        {
            LedgerStore.Redis => await RedisSpendLedger.ConnectAsync(address.Value, new RedisSpendLedgerOptions { Name = name }, cancellationToken),
            LedgerStore.PostgreSql => await PostgreSqlSpendLedger.OpenAsync(address.Value, new PostgreSqlSpendLedgerOptions { Name = name, Migrate = creates }, cancellationToken),
            _ => SqliteSpendLedger.Open(creates ? address.Value : address.ToFile()),
        };
    }
}
