namespace MeaiBudget.Tests;

/// <summary>Adjustments of calls and accounts whose charges the far ledger does not know yet.</summary>
public sealed class LeasedAdjustmentTests : LeasedSpendLedgerFixture
{
    [Fact]
    public async Task AnAccountIsLoweredByWhatTheFarLedgerDoesNotKnowYet()
    {
        await MakeBusyAsync(Node);
        long known = (await ReadAsync(Far)).Charged;
        await SpendAsync(Node, 100, 60);
        var lower = LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, -(known + 50), "test");

        LedgerSettlementResult result = await Node.AdjustAsync(lower);

        Assert.True(result.IsApplied);
        Assert.Equal((known + 60, 10), (result.Before[0].Charged, result.After[0].Charged));
        Assert.Equal(10, (await ReadAsync(Far)).Charged);
        Assert.False((await Node.AdjustAsync(lower)).IsApplied);
        Assert.False((await Node.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, -11, "test"))).IsApplied);
    }
}
