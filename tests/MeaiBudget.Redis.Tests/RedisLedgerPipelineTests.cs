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
    [InlineData(RedisServerKind.Redis, false)]
    [InlineData(RedisServerKind.Redis, true)]
    [InlineData(RedisServerKind.Garnet, false)]
    public async Task O12_StreamsReserveMoreWhileTheyRunAndAreCutByARefusalOrAStop(RedisServerKind server, bool isLeased)
    {
        await using RedisSpendLedger ledger = await OpenAsync(server);
        await using LeasedSpendLedger leased = ledger.Leased();
        await LedgerPipeline.ReserveWhileStreamsRunAsync(isLeased ? leased : ledger);
    }

    [Theory, MemberData(nameof(BackgroundAnswer.Cases), MemberType = typeof(BackgroundAnswer))]
    public async Task M2_AnAnswerThatAnotherProcessFetchesIsChargedOnce(string end, string course, bool streaming)
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Redis);
        await BackgroundAnswer.IsChargedOnceAsync(store, end, course, streaming);
    }

    [Theory]
    [InlineData("fetched")]
    [InlineData("lost")]
    public async Task M2_GarnetFindsTheAnswerOfAnotherProcess(string course)
    {
        await using var store = RedisLedgerStore.On(RedisServerKind.Garnet);
        await BackgroundAnswer.IsChargedOnceAsync(store, "completed", course, streaming: false);
    }

    private static async Task<RedisSpendLedger> OpenAsync(RedisServerKind server) =>
        await RedisSpendLedger.ConnectAsync(RedisServer.Get(server).Configuration, new RedisSpendLedgerOptions { Name = $"pipeline-{Guid.NewGuid():N}" });
}
