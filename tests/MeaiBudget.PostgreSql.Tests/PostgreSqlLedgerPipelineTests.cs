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
    [InlineData("completed")]
    [InlineData("failed")]
    [InlineData("cancelled")]
    public async Task M2_AnAnswerThatAnotherProcessFetchesIsChargedOnce(string end)
    {
        string name = $"background-{Guid.NewGuid():N}";
        await using PostgreSqlSpendLedger first = await OpenAsync(name);
        await using PostgreSqlSpendLedger second = await OpenAsync(name);
        await BackgroundAnswer.IsChargedOnceAsync(first, second, end);
    }

    private static Task<PostgreSqlSpendLedger> OpenAsync(string? name = null) => PostgreSqlSpendLedger.OpenAsync(
        PostgreSqlServer.Get().ConnectionString, new PostgreSqlSpendLedgerOptions { Name = name ?? $"pipeline-{Guid.NewGuid():N}", OperationTimeout = TimeSpan.FromMinutes(1) });
}
