namespace MeaiBudget.Tests;

public sealed class RedisLedgerPipelineTests
{
    public static TheoryData<RedisServerKind, bool> Modes => new()
    {
        { RedisServerKind.Redis, false }, { RedisServerKind.Redis, true }, { RedisServerKind.Garnet, false }, { RedisServerKind.Garnet, true },
    };

    [Theory, MemberData(nameof(Modes))]
    public async Task A12_AThousandCallsAtOnceOfTenCentsAgainstADollarSendExactlyTen(RedisServerKind server, bool streaming)
    {
        await using RedisSpendLedger ledger = await OpenAsync(server);
        await LedgerPipeline.SendExactlyTenOfAThousandAsync(streaming, ledger);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task CallsThatReserveADollarAndCostACentAllSucceedByWaitingForEachOther(RedisServerKind server, bool streaming)
    {
        await using RedisSpendLedger ledger = await OpenAsync(server);
        await LedgerPipeline.ServeAllFiftyAsync(streaming, ledger);
    }

    [Theory]
    [InlineData(RedisServerKind.Redis, "completed")]
    [InlineData(RedisServerKind.Redis, "failed")]
    [InlineData(RedisServerKind.Redis, "cancelled")]
    [InlineData(RedisServerKind.Garnet, "completed")]
    public async Task M2_AnAnswerThatAnotherProcessFetchesIsChargedOnce(RedisServerKind server, string end)
    {
        string name = $"background-{Guid.NewGuid():N}";
        await using RedisSpendLedger first = await OpenAsync(server, name);
        await using RedisSpendLedger second = await OpenAsync(server, name);
        await BackgroundAnswer.IsChargedOnceAsync(first, second, end);
    }

    private static async Task<RedisSpendLedger> OpenAsync(RedisServerKind server, string? name = null) =>
        await RedisSpendLedger.ConnectAsync(RedisServer.Get(server).Configuration, new RedisSpendLedgerOptions { Name = name ?? $"pipeline-{Guid.NewGuid():N}" });
}
