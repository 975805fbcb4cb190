using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class PostgreSqlSpendLedgerSuiteTests
{
    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(string name)
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        return SpendLedgerSuite.RunAsync(name, () => new PostgreSqlLedgerStore(connectionString));
    }
}
