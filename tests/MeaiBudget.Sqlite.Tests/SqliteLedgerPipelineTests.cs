namespace MeaiBudget.Tests;

public sealed class SqliteLedgerPipelineTests : IDisposable
{
    private readonly SqliteLedgerFolder _folder = new();

    public static TheoryData<bool> Modes => StreamModes.Both;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Modes))]
    public async Task A12_AThousandCallsAtOnceOfTenCentsAgainstADollarSendExactlyTen(bool streaming)
    {
        await using SqliteSpendLedger ledger = Open();
        await LedgerPipeline.SendExactlyTenOfAThousandAsync(streaming, ledger);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task CallsThatReserveADollarAndCostACentAllSucceedByWaitingForEachOther(bool streaming)
    {
        await using SqliteSpendLedger ledger = Open();
        await LedgerPipeline.ServeAllFiftyAsync(streaming, ledger);
    }

    [Fact]
    public async Task AGrantToAnObservingBudgetCountsInItsShadowAccountToo()
    {
        await using SqliteSpendLedger ledger = Open();
        var tracker = new CostTracker([Budget.Daily("day", 1m) with { Enforcement = Enforcement.Observe }], ledger: ledger);
        await tracker.SpendAsync("gpt-4o-mini", 1_000, 0);
        var id = Guid.NewGuid();
        Assert.True(await tracker.GrantAsync("day", "", 5m, ledger.Clock.GetUtcNow().AddHours(1), "test", id));
        Assert.False(await tracker.GrantAsync("day", "", 5m, ledger.Clock.GetUtcNow().AddHours(1), "test", id));

        IReadOnlyList<string> accounts = await ledger.ListAccountsAsync("");
        IReadOnlyList<LedgerLineState> states = await ledger.ReadAsync([.. accounts.Select(account => new LedgerAccountQuery(account, 0, 1_000_000))]);
        Assert.Equal([5_000_000_000, 5_000_000_000], states.Select(state => state.Granted).Where(granted => granted > 0));
    }

    [Fact]
    public async Task O12_StreamsReserveMoreWhileTheyRunAndAreCutByARefusalOrAStop()
    {
        await using SqliteSpendLedger ledger = Open();
        await LedgerPipeline.ReserveWhileStreamsRunAsync(ledger);
    }

    [Theory, MemberData(nameof(BackgroundAnswer.Cases), MemberType = typeof(BackgroundAnswer))]
    public Task M2_AnAnswerThatAnotherProcessFetchesIsChargedOnce(string end, string course, bool streaming) =>
        BackgroundAnswer.IsChargedOnceAsync(_folder, end, course, streaming);

    private SqliteSpendLedger Open() => SqliteSpendLedger.Open(_folder.File);
}
