using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>Runs what reads a ledger file: a file that is missing, damaged or no ledger is a message and exit code 1, not a stack trace.</summary>
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

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SqliteSpendLedgerException">The file is no ledger.</exception>
    public static SqliteSpendRecords Open(string path) => File.Exists(path)
        ? SqliteSpendRecords.Open(path)
        : throw new FileNotFoundException($"There is no ledger file '{Path.GetFullPath(path)}'.");
}
