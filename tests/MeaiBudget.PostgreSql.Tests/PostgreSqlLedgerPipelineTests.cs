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

    private static Task<PostgreSqlSpendLedger> OpenAsync() => PostgreSqlSpendLedger.OpenAsync(
        PostgreSqlServer.Get().ConnectionString, new PostgreSqlSpendLedgerOptions { Name = $"pipeline-{Guid.NewGuid():N}", OperationTimeout = TimeSpan.FromMinutes(1) });
}
