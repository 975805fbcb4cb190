using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public class RedisSpendLedgerSuiteTests
{
    public static MatrixTheoryData<RedisServerKind, string> Cases => new([RedisServerKind.Redis, RedisServerKind.Garnet], SpendLedgerSuite.Cases);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Behaves(RedisServerKind server, string name) => SpendLedgerSuite.RunAsync(name, () => RedisLedgerStore.On(server));
}
