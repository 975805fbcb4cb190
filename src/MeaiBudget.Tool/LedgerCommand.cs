using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>Runs commands that read a ledger file. If the file is missing, damaged or not a ledger, prints a message and returns exit code 1.</summary>
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
            return 1;
        }
    }

    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="SqliteSpendLedgerException">The file is not a ledger.</exception>
    public static SqliteSpendRecords Open(string path) => File.Exists(path)
        ? SqliteSpendRecords.Open(path)
        : throw new FileNotFoundException($"The ledger file '{Path.GetFullPath(path)}' does not exist.");
}
