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

    [Theory]
    [InlineData(15)]
    [InlineData(-15)]
    public async Task AnAccountIsAdjustedWhoseOnlyChargeTheFarLedgerDoesNotKnowYet(long amount)
    {
        LedgerReservationId call = await CallOfAReturnedSliceAsync();
        Flaky.FailsExchanges = true;
        await CorrectAsync(call, 60);
        Time.Advance(TimeSpan.FromSeconds(1));
        Flaky.FailsExchanges = false;
        Assert.Equal(0, (await ReadAsync(Far)).Charged);
        var adjustment = LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, amount, "bill");

        LedgerSettlementResult result = await Node.AdjustAsync(adjustment);

        Assert.Equal((true, false), (result.IsApplied, result.IsUnknown));
        Assert.Equal((60, 60 + amount), (result.Before[0].Charged, result.After[0].Charged));
        result = await Node.AdjustAsync(adjustment);
        Assert.Equal((false, false), (result.IsApplied, result.IsUnknown));
        Assert.Equal(60 + amount, (await ReadAsync(Far)).Charged);
    }

    [Theory]
    [InlineData(0, 15)]
    [InlineData(0, -15)]
    [InlineData(20, -30)]
    public async Task AnAdjustmentFailsIfTheFarLedgerCannotBeToldWhatItNeedsToKnow(long known, long amount)
    {
        LedgerReservationId call = await CallOfAReturnedSliceAsync();
        await CorrectAsync(call, known);
        Time.Advance(TimeSpan.FromSeconds(1));
        Flaky.FailsExchanges = true;
        await CorrectAsync(call, 60);
        var adjustment = LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, amount, "bill");

        SpendLedgerException exception = await Assert.ThrowsAsync<SpendLedgerException>(async () => await Node.AdjustAsync(adjustment));

        Assert.Contains("Repeat the adjustment", exception.Message, StringComparison.Ordinal);
        Assert.IsType<SpendLedgerException>(exception.InnerException);
        Assert.Equal(known, (await ReadAsync(Far)).Charged);
        Flaky.FailsExchanges = false;
        Assert.True((await Node.AdjustAsync(adjustment)).IsApplied);
        Assert.Equal(60 + amount, (await ReadAsync(Far)).Charged);
    }

    [Fact]
    public async Task AnAccountIsNotLoweredByWhatThisProcessHasTakenBack()
    {
        LedgerReservationId call = await CallOfAReturnedSliceAsync();
        await CorrectAsync(call, 60);
        Time.Advance(TimeSpan.FromSeconds(1));
        await CorrectAsync(call, 40);

        LedgerSettlementResult result = await Node.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, -50, "bill"));

        Assert.Equal((false, false), (result.IsApplied, result.IsUnknown));
        Assert.Equal((40, 40), (result.Before[0].Charged, result.After[0].Charged));
        Assert.Equal(40, (await ReadAsync(Far)).Charged);
    }

    [Fact]
    public async Task AnAccountWithoutAnyChargeStaysUnknown()
    {
        long before = Flaky.Operations;
        LedgerSettlementResult result = await Node.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, 15, "bill"));

        Assert.Equal((false, true), (result.IsApplied, result.IsUnknown));
        Assert.Equal(before + 2, Flaky.Operations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ALateCorrectionIsReportedWithoutAnotherCall(bool isAdjusted)
    {
        LedgerReservationId call = await CallOfAReturnedSliceAsync(isUnconfirmed: !isAdjusted);

        if (isAdjusted)
        {
            await CorrectAsync(call, 60);
        }
        else
        {
            Assert.True((await Node.SettleAsync(new LedgerSettlement { Id = call, Amounts = [60] })).IsApplied);
        }

        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(60, (await ReadAsync(Far)).Charged);
        Assert.False(Node.Book.IsActive);
    }

    /// <summary>Settles a call that cost nothing in a slice, and lets the slice be returned.</summary>
    private async Task<LedgerReservationId> CallOfAReturnedSliceAsync(bool isUnconfirmed = false)
    {
        for (int i = 0; i < 3; i++)
        {
            await SpendAsync(Node, 100, 0);
        }

        await Node.ExchangeSoonAsync();
        long before = Flaky.Operations;
        (LedgerReservationId call, _) = await ReserveAsync(Node, 100);
        await Node.SettleAsync(new LedgerSettlement { Id = call, Amounts = [0], IsUnconfirmed = isUnconfirmed });
        Assert.Equal(before, Flaky.Operations);
        for (int i = 0; i < 4; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(Node.Book.IsActive);
        return call;
    }

    private async Task CorrectAsync(LedgerReservationId call, long amount) => Assert.True(
        (await Node.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = call, Amounts = [amount], Reason = "bill" })).IsApplied);
}
