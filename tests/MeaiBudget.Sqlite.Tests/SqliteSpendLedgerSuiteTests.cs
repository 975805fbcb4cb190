using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class SqliteSpendLedgerSuiteTests
{
    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(string name) => SpendLedgerSuite.RunAsync(name, () => new SqliteLedgerFolder());
}
