using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public sealed class PostgreSqlPoolerTests
{
    [Fact]
    public async Task APoolerThatGivesEachTransactionAnotherSessionChangesNothing()
    {
        using var pooler = PgBouncer.Start(PostgreSqlServer.Get(), sessions: 3);
        string[] cases = ["ExactlyAsManyAreAdmittedAsFit", "SeveralLedgersAdmitExactlyWhatFits", "ParallelRepetitionsTakeOnce", "EverythingSurvivesARestart", "ManyLinesAreTakenAtOnce"];
        Assert.Subset(SpendLedgerSuite.Cases.ToHashSet(), cases.ToHashSet());

        await Task.WhenAll(cases.Select(name => SpendLedgerSuite.RunAsync(name, () => new PostgreSqlLedgerStore(pooler.ConnectionString))));
    }
}
