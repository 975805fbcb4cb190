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

    private SqliteSpendLedger Open() => SqliteSpendLedger.Open(_folder.File);
}
