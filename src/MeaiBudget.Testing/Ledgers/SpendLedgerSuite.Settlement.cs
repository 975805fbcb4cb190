namespace MeaiBudget.Testing;

/// <content>Cases of settlements, releases and adjustments.</content>
public static partial class SpendLedgerSuite
{
    private static readonly Func<SpendLedgerCase, Task>[] Settlement =
    [
        SettlingChargesOnceAndGivesBackTheRest,
        ASettlementTellsBeforeAndAfter,
        WhatIsBilledBeyondTheReservationIsOverrun,
        AFinalSettlementReplacesAnUnconfirmedOne,
        ReleasingGivesBackOnce,
        WhatIsClosedIsNotReleased,
        WhatIsUnknownChangesNothing,
        AnAdjustmentGivesANewTotal,
        WhatIsOpenIsNotAdjusted,
        AnAccountIsAdjustedByASignedAmountOnce,
        AnAccountThatHasNoChargeIsNotAdjusted,
        AnAccountIsAdjustedWhoseOnlyChargeCameLate,
        AdjustmentsOfAnAccountAreAtomic,
        AChargeIsReplacedByItsDifferenceAlsoInALoweredAccount,
        FindsWhatAReservationHoldsOrCharged,
        OwnersAndAttemptsAreKeptApart,
        SumsStopAtTheLargestNumber,
    ];

    private static async Task SumsStopAtTheLargestNumber(SpendLedgerCase one)
    {
        LedgerReservationId first = await one.AdmitAsync(one.Line("warned", long.MaxValue, 100, LedgerLineMode.Record));
        LedgerReservationId second = await one.AdmitAsync(one.Line("warned", long.MaxValue, 100, LedgerLineMode.Record));
        await one.ExpectAsync("warned", held: long.MaxValue);
        await one.SettleAsync(first, long.MaxValue);
        await one.SettleAsync(second, long.MaxValue);
        await one.ExpectAsync("warned", charged: long.MaxValue);
        await one.RefuseAsync(one.Line("warned", 1, 100));
    }

    private static async Task SettlingChargesOnceAndGivesBackTheRest(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100), one.Line("requests", 1, 10));
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 25, 1), "The first settlement");
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 25, 1), "The same settlement again");
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 60, 1), "Another settlement");
        SpendLedgerCase.Equal(false, await one.SettleUnconfirmedAsync(id, 60, 1), "An unconfirmed settlement after a final one");
        await one.ExpectAsync("day", charged: 25);
        await one.ExpectAsync("requests", charged: 1);
        await one.AdmitAsync(one.Line("day", 75, 100));
    }

    private static async Task ASettlementTellsBeforeAndAfter(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100), one.Line("month", 60, 100));
        LedgerSettlementResult result = await one.Ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [25, 30] });
        SpendLedgerCase.Equal((0, 60), (result.Before[0].Charged, result.Before[0].Held), "The first account before");
        SpendLedgerCase.Equal((25, 0), (result.After[0].Charged, result.After[0].Held), "The first account after");
        SpendLedgerCase.Equal((30, 0), (result.After[1].Charged, result.After[1].Held), "The second account after");
        result = await one.Ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [25, 30] });
        SpendLedgerCase.Equal((25, 25), (result.Before[0].Charged, result.After[0].Charged), "The account before and after a repeated settlement");
    }

    private static async Task WhatIsBilledBeyondTheReservationIsOverrun(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        await one.SettleAsync(id, 90);
        await one.ExpectAsync("day", charged: 90, overrun: 30);
        await one.RefuseAsync(one.Line("day", 11, 100));
        await one.AdjustAsync(Guid.NewGuid(), id, 70);
        await one.ExpectAsync("day", charged: 70, overrun: 10);
    }

    private static async Task AFinalSettlementReplacesAnUnconfirmedOne(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        SpendLedgerCase.Equal(true, await one.SettleUnconfirmedAsync(id, 50), "The unconfirmed settlement");
        SpendLedgerCase.Equal(false, await one.SettleUnconfirmedAsync(id, 40), "A second unconfirmed settlement");
        await one.ExpectAsync("day", charged: 50, unconfirmed: 50);
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 70), "The final settlement");
        await one.ExpectAsync("day", charged: 70, overrun: 10);
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 10), "A second final settlement");
        await one.ExpectAsync("day", charged: 70, overrun: 10);
    }

    private static async Task ReleasingGivesBackOnce(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        await one.AdmitAsync(one.Line("day", 30, 100));
        SpendLedgerCase.Equal(true, await one.Ledger.ReleaseAsync(id), "Releasing");
        SpendLedgerCase.Equal(false, await one.Ledger.ReleaseAsync(id), "Releasing again");
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 60, 60), "Settling a released reservation");
        await one.ExpectAsync("day", held: 30);
        await one.ExpectAsync("shadow");
    }

    private static async Task WhatIsClosedIsNotReleased(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        await one.SettleUnconfirmedAsync(id, 50);
        SpendLedgerCase.Equal(false, await one.Ledger.ReleaseAsync(id), "Releasing an unconfirmed settlement");
        await one.SettleAsync(id, 40);
        SpendLedgerCase.Equal(false, await one.Ledger.ReleaseAsync(id), "Releasing a settled reservation");
        SpendLedgerCase.Equal(false, await one.Ledger.RenewAsync(id, SpendLedgerCase.Lease), "Renewing a settled reservation");
        await one.ExpectAsync("day", charged: 40);
    }

    private static async Task WhatIsUnknownChangesNothing(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 5), "Settling an unknown reservation");
        SpendLedgerCase.Equal(false, await one.Ledger.ReleaseAsync(id), "Releasing an unknown reservation");
        SpendLedgerCase.Equal(false, await one.Ledger.RenewAsync(id, SpendLedgerCase.Lease), "Renewing an unknown reservation");
        SpendLedgerCase.Equal(false, await one.AdjustAsync(Guid.NewGuid(), id, 5), "Adjusting an unknown reservation");
        await one.ExpectAsync("day");
        SpendLedgerCase.Equal(true, (await one.ReserveAsync(id, one.Line("day", 5, 5))).IsAdmitted, "Reserving with the same id afterwards");
    }

    private static async Task AnAdjustmentGivesANewTotal(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100), one.Line("month", 60));
        await one.SettleUnconfirmedAsync(id, 60, 60);
        var first = Guid.NewGuid();
        var second = Guid.NewGuid();
        SpendLedgerCase.Equal(true, await one.AdjustAsync(first, id, 10, 20), "The first adjustment");
        await one.ExpectAsync("day", charged: 10);
        await one.ExpectAsync("month", charged: 20);
        SpendLedgerCase.Equal(true, await one.AdjustAsync(second, id, 90, 90), "The second adjustment");
        SpendLedgerCase.Equal(false, await one.AdjustAsync(first, id, 10, 20), "The first adjustment again");
        SpendLedgerCase.Equal(false, await one.AdjustAsync(second, id, 90, 90), "The second adjustment again");
        await one.ExpectAsync("day", charged: 90, overrun: 30);
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 1, 1), "A settlement after an adjustment");
        SpendLedgerCase.Equal(true, await one.AdjustAsync(Guid.NewGuid(), id, 0, 0), "An adjustment to zero");
        await one.ExpectAsync("day");
    }

    private static async Task WhatIsOpenIsNotAdjusted(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        var adjustment = Guid.NewGuid();
        SpendLedgerCase.Equal(false, await one.AdjustAsync(adjustment, id, 10), "Adjusting an open reservation");
        await one.ExpectAsync("day", held: 60);
        await one.SettleAsync(id, 20);
        SpendLedgerCase.Equal(true, await one.AdjustAsync(adjustment, id, 10), "The same adjustment after the settlement");
        await one.ExpectAsync("day", charged: 10);
    }

    private static async Task AnAccountIsAdjustedByASignedAmountOnce(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("keys/usd/a b%/c", 60, 100));
        await one.SettleAsync(id, 60);
        var more = LedgerAdjustment.OfAccount(Guid.NewGuid(), "keys/usd/a b%/c", SpendLedgerCase.Day, 15, "bill 2026-11-20");
        LedgerSettlementResult result = await one.Ledger.AdjustAsync(more);
        SpendLedgerCase.Equal((true, 60L, 75L), (result.IsApplied, result.Before[0].Charged, result.After[0].Charged), "The first adjustment");
        await one.Ledger.AdjustAsync(more);
        await one.ExpectAsync("keys/usd/a b%/c", charged: 75);
        await one.RefuseAsync(one.Line("keys/usd/a b%/c", 26, 100));
        var tooMuch = LedgerAdjustment.OfAccount(Guid.NewGuid(), "keys/usd/a b%/c", SpendLedgerCase.Day, -76, "too much");
        SpendLedgerCase.Equal(false, (await one.Ledger.AdjustAsync(tooMuch)).IsApplied, "An adjustment below zero");
        await one.ExpectAsync("keys/usd/a b%/c", charged: 75);
        SpendLedgerCase.Equal(true, (await one.Ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "keys/usd/a b%/c", SpendLedgerCase.Day, -70, "less"))).IsApplied, "A negative adjustment");
        await one.ExpectAsync("keys/usd/a b%/c", charged: 5);
        await one.AdmitAsync(one.Line("keys/usd/a b%/c", 95, 100));
        SpendLedgerCase.Equal(true, (await one.Ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "keys/usd/a b%/c", SpendLedgerCase.Day, long.MaxValue, "all"))).IsApplied, "The largest adjustment");
        await one.ExpectAsync("keys/usd/a b%/c", charged: long.MaxValue, held: 95);
    }

    private static async Task AnAccountThatHasNoChargeIsNotAdjusted(SpendLedgerCase one)
    {
        LedgerSettlementResult result = await one.Ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "nobody", SpendLedgerCase.Day, 5, "suite"));
        SpendLedgerCase.Equal((false, true), (result.IsApplied, result.IsUnknown), "An account that the ledger does not know");
        await one.ExpectAsync("nobody");
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        await one.SettleUnconfirmedAsync(id, 90);
        await one.ExpectAsync("day", charged: 90, unconfirmed: 90, overrun: 30);
        await one.Ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day, -70, "suite"));
        await one.ExpectAsync("day", charged: 20, unconfirmed: 20, overrun: 20);
        var toZero = LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day, -20, "suite");
        SpendLedgerCase.Equal(true, (await one.Ledger.AdjustAsync(toZero)).IsApplied, "An adjustment to zero");
        await one.ExpectAsync("day");
        LedgerSettlementResult again = await one.Ledger.AdjustAsync(toZero);
        SpendLedgerCase.Equal((false, false), (again.IsApplied, again.IsUnknown), "Applied and unknown, for the adjustment to zero again");
        await one.ExpectAsync("day");
        SpendLedgerCase.Equal(true, (await one.Ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day + 1, 1, "suite"))).IsUnknown, "Another period");
        await SpendLedgerCase.Throws<ArgumentException>(() => one.Ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day, long.MinValue, "suite")).AsTask(), "An amount without an opposite");
    }

    private static async Task AnAccountIsAdjustedWhoseOnlyChargeCameLate(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 1_000));
        await one.SettleAsync(id, 0);
        for (int i = 0; i < 4; i++)
        {
            // Meanwhile a ledger that leases slices returns the one of the account.
            await one.AdmitAsync(one.Line("tenant", 1, 1_000));
        }

        await one.AdjustAsync(Guid.NewGuid(), id, 50);
        foreach ((long amount, long charged) in new[] { (15L, 65L), (-35L, 30L) })
        {
            var adjustment = LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day, amount, "suite");
            LedgerSettlementResult result = await one.Ledger.AdjustAsync(adjustment);
            SpendLedgerCase.Equal((true, false), (result.IsApplied, result.IsUnknown), $"An adjustment by {amount}");
            SpendLedgerCase.Equal(false, (await one.Ledger.AdjustAsync(adjustment)).IsApplied, $"The adjustment by {amount} again");
            await one.ExpectAsync("day", charged: charged);
        }
    }

    private static async Task AdjustmentsOfAnAccountAreAtomic(SpendLedgerCase one)
    {
        await one.SettleAsync(await one.AdmitAsync(one.Line("day", 60, 10_000)), 60);
        var same = LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day, 1_000, "suite");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            LedgerReservationId id = await one.AdmitAsync(one.Line("day", 10, 10_000));
            LedgerSettlementResult result = await one.Ledger.AdjustAsync(
                i % 2 == 0 ? same : LedgerAdjustment.OfAccount(Guid.NewGuid(), "day", SpendLedgerCase.Day, i % 4 == 1 ? 7 : -3, "suite"));
            SpendLedgerCase.Equal((true, false), (result.IsApplied || i % 2 == 0, result.IsUnknown), $"Adjustment {i}");
            await one.SettleAsync(id, 5);
        })));
        await one.ExpectAsync("day", charged: 60 + 1_000 + (40 * 5) + (10 * 7) - (10 * 3), overrun: 0);
    }

    private static async Task AChargeIsReplacedByItsDifferenceAlsoInALoweredAccount(SpendLedgerCase one)
    {
        // The account is lowered below what each of its calls was charged, so a replacement must not start from what is left of one.
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60));
        await one.SettleUnconfirmedAsync(id, 60);
        await one.LowerAsync("day", 50);
        await one.ExpectAsync("day", charged: 10, unconfirmed: 10);
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 70), "The final settlement");
        await one.ExpectAsync("day", charged: 20, overrun: 10);
        SpendLedgerCase.Equal(true, await one.AdjustAsync(Guid.NewGuid(), id, 75), "The adjustment of the call");
        await one.ExpectAsync("day", charged: 25, overrun: 15);

        // What is unconfirmed or overrun is a part of the charge, also where the charge stops at zero.
        LedgerReservationId other = await one.AdmitAsync(one.Line("day", 60));
        await one.SettleUnconfirmedAsync(other, 40);
        await one.ExpectAsync("day", charged: 65, unconfirmed: 40, overrun: 15);
        SpendLedgerCase.Equal(true, await one.AdjustAsync(Guid.NewGuid(), id, 20), "The adjustment to less than the account was lowered by");
        await one.ExpectAsync("day", charged: 10, unconfirmed: 10);
        SpendLedgerCase.Equal(true, await one.AdjustAsync(Guid.NewGuid(), id, 0), "The adjustment to nothing");
        await one.ExpectAsync("day");
    }

    private static async Task FindsWhatAReservationHoldsOrCharged(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day of week", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        if (await one.Ledger.FindAsync(id) is not { } open)
        {
            // A ledger need not support this.
            return;
        }

        SpendLedgerCase.Equal("True day of week,shadow 60,0", Describe(open), "The open reservation");
        await one.SettleAsync(id, 40, 40);
        SpendLedgerCase.Equal("False day of week,shadow 40,0", Describe((await one.Ledger.FindAsync(id))!), "The settled reservation");
        SpendLedgerCase.Equal(null, await one.Ledger.FindAsync(SpendLedgerCase.NewId()), "An unknown reservation");
        static string Describe(LedgerCharge charge) => $"{charge.IsOpen} {string.Join(',', charge.Accounts)} {string.Join(',', charge.Amounts)}";
    }

    private static async Task OwnersAndAttemptsAreKeptApart(SpendLedgerCase one)
    {
        var call = Guid.NewGuid();
        LedgerReservationId[] ids = [new(call, 1, "a"), new(call, 2, "a"), new(call, 1, "b"), new(call, 1, "b c"), new(call, 1, "b~0020c"), new(call, 1, "")];
        for (int i = 0; i < ids.Length; i++)
        {
            SpendLedgerCase.Equal(true, (await one.ReserveAsync(ids[i], one.Line("day", 1, 100))).IsAdmitted, "Each reservation");
            await one.ExpectAsync("day", held: i + 1);
        }

        foreach (LedgerReservationId id in ids)
        {
            SpendLedgerCase.Equal(true, await one.SettleAsync(id, 1), "Each settlement");
        }

        await one.ExpectAsync("day", charged: ids.Length);
    }
}
