namespace MeaiBudget.Tests;

public sealed class PostgreSqlLedgerPipelineTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A12_AThousandCallsAtOnceOfTenCentsAgainstADollarSendExactlyTen(bool streaming)
    {
        await using PostgreSqlSpendLedger ledger = await OpenAsync();
        await LedgerPipeline.SendExactlyTenOfAThousandAsync(streaming, ledger);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallsThatReserveADollarAndCostACentAllSucceedByWaitingForEachOther(bool streaming)
    {
        await using PostgreSqlSpendLedger ledger = await OpenAsync();
        await LedgerPipeline.ServeAllFiftyAsync(streaming, ledger);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task O12_StreamsReserveMoreWhileTheyRunAndAreCutByARefusalOrAStop(bool isLeased)
    {
        await using PostgreSqlSpendLedger ledger = await OpenAsync();
        await using LeasedSpendLedger leased = ledger.Leased();
        await LedgerPipeline.ReserveWhileStreamsRunAsync(isLeased ? leased : ledger);
    }

    [Theory, MemberData(nameof(BackgroundAnswer.Cases), MemberType = typeof(BackgroundAnswer))]
    public async Task M2_AnAnswerThatAnotherProcessFetchesIsChargedOnce(string end, string course, bool streaming)
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await BackgroundAnswer.IsChargedOnceAsync(store, end, course, streaming);
    }

    private static Task<PostgreSqlSpendLedger> OpenAsync() => PostgreSqlSpendLedger.OpenAsync(
        PostgreSqlServer.Get().ConnectionString, new PostgreSqlSpendLedgerOptions { Name = $"pipeline-{Guid.NewGuid():N}", OperationTimeout = TimeSpan.FromMinutes(1) });
}
