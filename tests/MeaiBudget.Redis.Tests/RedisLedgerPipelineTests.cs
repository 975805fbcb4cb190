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

    private static async Task<RedisSpendLedger> OpenAsync(RedisServerKind server) =>
        await RedisSpendLedger.ConnectAsync(RedisServer.Get(server).Configuration, new RedisSpendLedgerOptions { Name = $"pipeline-{Guid.NewGuid():N}" });
}
