namespace MeaiBudget.Testing;

/// <content>Cases of leases, periods and grants.</content>
public static partial class SpendLedgerSuite
{
    private static readonly Func<SpendLedgerCase, Task>[] Time =
    [
        ALeaseThatEndsIsChargedInFull,
        ASettlementAfterTheLeaseReplacesTheCharge,
        AnUnconfirmedSettlementAfterTheLeaseReplacesTheCharge,
        ARenewedLeaseStands,
        ManyLeasesEndAtOnce,
        AnEndedLeaseThatWasNotReachedYetIsCharged,
        AnEndedLeaseRaisesTheEvent,
        ALateSettlementGoesIntoTheReservationsPeriod,
        ANewPeriodStartsFromNothing,
        AClockSetBackOpensNoSecondBudget,
        RollingPeriodsAddUpUntilTheyAreOutside,
        OpenReservationsCountInARollingBudgetWhateverTheirAge,
        PeriodsMayBeNegativeAndFarApart,
        GrantsCountOnceAndUntilTheyExpire,
        AnEndedGrantRevokesNothing,
        WhatNoLongerCountsIsForgotten,
        WhatIsOpenOutlivesItsPeriod,
    ];

    private static async Task ALeaseThatEndsIsChargedInFull(SpendLedgerCase one)
    {
        await one.AdmitAsync(one.Line("day", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        one.Store.Advance(SpendLedgerCase.Lease - TimeSpan.FromSeconds(1));
        await one.ExpectAsync("day", held: 60);
        one.Store.Advance(TimeSpan.FromSeconds(1));
        await one.ExpectAsync("day", charged: 60, unconfirmed: 60);
        await one.ExpectAsync("shadow");
        await one.RefuseAsync(one.Line("day", 41, 100));
    }

    private static async Task ASettlementAfterTheLeaseReplacesTheCharge(SpendLedgerCase one)
    {
        LedgerReservationId lower = await one.AdmitAsync(one.Line("day", 60, 100));
        LedgerReservationId higher = await one.AdmitAsync(one.Line("day", 10, 100));
        one.Store.Advance(SpendLedgerCase.Lease * 2);
        SpendLedgerCase.Equal(false, await one.Ledger.ReleaseAsync(lower), "Releasing after the lease expired");
        SpendLedgerCase.Equal(false, await one.Ledger.RenewAsync(lower, SpendLedgerCase.Lease), "Renewing after the lease expired");
        SpendLedgerCase.Equal(true, await one.SettleAsync(lower, 20), "Settling after the lease expired");
        await one.ExpectAsync("day", charged: 30, unconfirmed: 10);
        SpendLedgerCase.Equal(true, await one.SettleAsync(higher, 15), "Settling a higher amount after the lease expired");
        await one.ExpectAsync("day", charged: 35, overrun: 5);
        SpendLedgerCase.Equal(false, await one.SettleAsync(lower, 1), "Settling again");
        await one.ExpectAsync("day", charged: 35, overrun: 5);
    }

    private static async Task AnUnconfirmedSettlementAfterTheLeaseReplacesTheCharge(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        one.Store.Advance(SpendLedgerCase.Lease);
        SpendLedgerCase.Equal(true, await one.SettleUnconfirmedAsync(id, 30), "Settling unconfirmed after the lease expired");
        await one.ExpectAsync("day", charged: 30, unconfirmed: 30);
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 31), "Settling finally");
        await one.ExpectAsync("day", charged: 31);
    }

    private static async Task ARenewedLeaseStands(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        for (int i = 0; i < 5; i++)
        {
            one.Store.Advance(TimeSpan.FromSeconds(100));
            SpendLedgerCase.Equal(true, await one.Ledger.RenewAsync(id, SpendLedgerCase.Lease), "Renewing");
        }

        await one.ExpectAsync("day", held: 60);
        one.Store.Advance(SpendLedgerCase.Lease);
        await one.ExpectAsync("day", charged: 60, unconfirmed: 60);
    }

    private static async Task ManyLeasesEndAtOnce(SpendLedgerCase one)
    {
        for (int i = 0; i < 700; i++)
        {
            await one.AdmitAsync(one.Line("day", 1, 700));
        }

        one.Store.Advance(SpendLedgerCase.Lease);
        LedgerLineState state = await one.ReadAsync("day");
        SpendLedgerCase.Equal(700, state.Charged + state.Held, "The charged and held amounts after all leases ended");

        // A ledger may charge many leases in parts. What it has not reached yet is still held.
        for (int i = 0; i < 1000 && state.Held > 0; i++)
        {
            await one.RefuseAsync(one.Line("day", 1, 700));
            state = await one.ReadAsync("day");
        }

        await one.ExpectAsync("day", charged: 700, unconfirmed: 700);
    }

    private static async Task AnEndedLeaseThatWasNotReachedYetIsCharged(SpendLedgerCase one)
    {
        var ids = new List<LedgerReservationId>();
        for (int i = 0; i < 700; i++)
        {
            ids.Add(await one.AdmitAsync(one.Line("day", 1, 700)));
        }

        one.Store.Advance(SpendLedgerCase.Lease);
        SpendLedgerCase.Equal(false, await one.Ledger.ReleaseAsync(ids[699]), "Releasing a reservation whose lease ended");
        SpendLedgerCase.Equal(false, await one.Ledger.RenewAsync(ids[698], SpendLedgerCase.Lease), "Renewing a reservation whose lease ended");
        SpendLedgerCase.Equal(true, await one.SettleUnconfirmedAsync(ids[697], 0), "An unconfirmed settlement after the lease ended");
        SpendLedgerCase.Equal(true, await one.AdjustAsync(Guid.NewGuid(), ids[696], 0), "Adjusting a reservation whose lease ended");
        SpendLedgerCase.Equal(false, (await one.Ledger.FindAsync(ids[695]))?.IsOpen ?? false, "Whether a reservation whose lease ended is open");
        LedgerLineState state = await one.ReadAsync("day");
        for (int i = 0; i < 1000 && state.Held > 0; i++)
        {
            SpendLedgerCase.Equal(698, state.Charged + state.Held, "The charged and held amounts");
            state = await one.ReadAsync("day");
        }

        await one.ExpectAsync("day", charged: 698, unconfirmed: 698);
    }

    private static async Task AnEndedLeaseRaisesTheEvent(SpendLedgerCase one)
    {
        // A ledger need not raise the event. If it does, it must do so once, with the right amounts.
        var told = new System.Collections.Concurrent.ConcurrentQueue<LedgerLeaseExpiry>();
        one.Ledger.LeaseExpired += told.Enqueue;
        LedgerReservationId id = await one.AdmitAsync(one.Line("day of week", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        one.Store.Advance(SpendLedgerCase.Lease);
        for (int i = 0; i < 3; i++)
        {
            await one.ExpectAsync("day of week", charged: 60, unconfirmed: 60);
        }

        foreach (LedgerLeaseExpiry expiry in told)
        {
            SpendLedgerCase.Equal(1, told.Count, "Number of lease expiry events");
            SpendLedgerCase.Equal(id, expiry.Id, "The reservation of the event");
            SpendLedgerCase.Equal("day of week 60", $"{string.Join(',', expiry.Accounts)} {string.Join(',', expiry.Amounts)}", "The charged amounts of the event");
        }
    }

    private static async Task ALateSettlementGoesIntoTheReservationsPeriod(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        one.Store.Advance(TimeSpan.FromSeconds(10));
        await one.AdmitAsync(one.Line("day", 100, 100, period: SpendLedgerCase.Day + 1));
        await one.SettleAsync(id, 50);
        await one.ExpectAsync("day", charged: 50);
        await one.ExpectAsync("day", held: 100, period: SpendLedgerCase.Day + 1);
    }

    private static async Task ANewPeriodStartsFromNothing(SpendLedgerCase one)
    {
        await one.SettleAsync(await one.AdmitAsync(one.Line("day", 100, 100)), 100);
        await one.RefuseAsync(one.Line("day", 1, 100));
        await one.ExpectAsync("day", period: SpendLedgerCase.Day + 1);
        await one.AdmitAsync(one.Line("day", 100, 100, period: SpendLedgerCase.Day + 1));
    }

    private static async Task AClockSetBackOpensNoSecondBudget(SpendLedgerCase one)
    {
        await one.SettleAsync(await one.AdmitAsync(one.Line("day", 60, 100)), 60);
        await one.AdmitAsync(one.Line("day", 30, 100));
        one.Store.Advance(TimeSpan.FromHours(-1));
        await one.ExpectAsync("day", charged: 60, held: 30);
        await one.RefuseAsync(one.Line("day", 11, 100));
        one.Store.Advance(TimeSpan.FromHours(1) + SpendLedgerCase.Lease);
        await one.ExpectAsync("day", charged: 90, unconfirmed: 30);
    }

    private static async Task RollingPeriodsAddUpUntilTheyAreOutside(SpendLedgerCase one)
    {
        for (int bucket = 100; bucket < 105; bucket++)
        {
            LedgerReservationId id = await one.AdmitAsync(one.Line("rolling", 10, 50, period: bucket, first: bucket - 4));
            await one.SettleAsync(id, 10);
        }

        await one.RefuseAsync(one.Line("rolling", 1, 50, period: 104, first: 100));
        await one.ExpectAsync("rolling", charged: 50, period: 104, first: 100);
        await one.ExpectAsync("rolling", charged: 40, period: 105, first: 101);
        await one.AdmitAsync(one.Line("rolling", 10, 50, period: 105, first: 101));
        await one.RefuseAsync(one.Line("rolling", 1, 50, period: 105, first: 101));
        await one.ExpectAsync("rolling", charged: 10, period: 102);

        // A process whose clock is ahead charges later periods. A range includes as many of them as it is long.
        await one.ExpectAsync("rolling", charged: 30, held: 10, period: 103, first: 102);
        await one.ExpectAsync("rolling", held: 10, period: 90, first: 86);
        await one.RefuseAsync(one.Line("rolling", 11, 50, period: 102, first: 100));
    }

    private static async Task OpenReservationsCountInARollingBudgetWhateverTheirAge(SpendLedgerCase one)
    {
        LedgerReservationId old = await one.AdmitAsync(one.Line("rolling", 30, 50, period: 100, first: 96));
        await one.ExpectAsync("rolling", held: 30, period: 900, first: 896);
        await one.RefuseAsync(one.Line("rolling", 21, 50, period: 900, first: 896));
        await one.SettleAsync(old, 30);
        await one.ExpectAsync("rolling", period: 900, first: 896);
        await one.AdmitAsync(one.Line("rolling", 50, 50, period: 900, first: 896));
    }

    private static async Task PeriodsMayBeNegativeAndFarApart(SpendLedgerCase one)
    {
        foreach (long period in new[] { -5_000_000_000L, -1, 0, 1, 5_000_000_000 })
        {
            await one.SettleAsync(await one.AdmitAsync(one.Line("far", 10, 50, period: period, first: -5_000_000_000)), 10);
        }

        await one.ExpectAsync("far", charged: 50, period: 5_000_000_000, first: -5_000_000_000);
        await one.ExpectAsync("far", charged: 30, period: 1, first: -1);
        await one.ExpectAsync("far", charged: 10, period: -1);
    }

    private static async Task GrantsCountOnceAndUntilTheyExpire(SpendLedgerCase one)
    {
        var grant = new LedgerGrant
        {
            Id = Guid.NewGuid(),
            Account = "day of week",
            Amount = 50,
            ExpiresAt = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromHours(1),
            Reason = "suite: \"quoted\" and\nbroken",
        };
        SpendLedgerCase.Equal(true, await one.Ledger.GrantAsync(grant), "The grant");
        SpendLedgerCase.Equal(false, await one.Ledger.GrantAsync(grant), "The repeated grant");
        await one.Ledger.GrantAsync(grant with { Id = Guid.NewGuid(), Amount = 1L << 55, Account = "other" });
        await one.ExpectAsync("day of week", granted: 50);
        await one.AdmitAsync(one.Line("day of week", 120, 100));
        await one.RefuseAsync(one.Line("day of week", 31, 100));
        await one.Ledger.GrantAsync(grant with { Id = Guid.NewGuid(), Amount = 1, ExpiresAt = grant.ExpiresAt.AddMinutes(1) });
        await one.ExpectAsync("day of week", held: 120, granted: 51);
        one.Store.Advance(TimeSpan.FromHours(1));
        await one.ExpectAsync("day of week", charged: 120, unconfirmed: 120, granted: 1);
        one.Store.Advance(TimeSpan.FromMinutes(1));
        await one.ExpectAsync("day of week", charged: 120, unconfirmed: 120);
        await one.ExpectAsync("other");
    }

    private static async Task AnEndedGrantRevokesNothing(SpendLedgerCase one)
    {
        await one.Ledger.GrantAsync(new LedgerGrant
        {
            Id = Guid.NewGuid(),
            Account = "day",
            Amount = 50,
            ExpiresAt = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromSeconds(30),
            Reason = "suite",
        });
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 140, 100));
        one.Store.Advance(TimeSpan.FromSeconds(60));
        await one.ExpectAsync("day", held: 140);
        await one.RefuseAsync(one.Line("day", 0, 100));
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 140), "Settling a reservation that a grant admitted");
        await one.ExpectAsync("day", charged: 140);
    }

    private static async Task WhatNoLongerCountsIsForgotten(SpendLedgerCase one)
    {
        for (int i = 0; i < 20; i++)
        {
            await one.SettleAsync(await one.AdmitAsync(one.Line($"tenant/{i}", 5, 100, forget: TimeSpan.FromHours(1))), 5);
        }

        LedgerReservationId kept = await one.AdmitAsync(one.Line("month", 5, 100, forget: TimeSpan.FromDays(40)));
        await one.SettleUnconfirmedAsync(kept, 4);
        one.Store.Advance(TimeSpan.FromMinutes(59));
        SpendLedgerCase.Equal(20, (await one.Ledger.ListAccountsAsync("tenant/")).Count, "Accounts with a current period");
        one.Store.Advance(TimeSpan.FromDays(1));
        for (int i = 0; i < 40; i++)
        {
            await one.ReadAsync("month");
        }

        SpendLedgerCase.Equal("month", string.Join(", ", await one.Ledger.ListAccountsAsync("")), "Accounts with an amount");
        SpendLedgerCase.Equal(true, await one.AdjustAsync(Guid.NewGuid(), kept, 3), "Adjusting a current reservation");
        await one.ExpectAsync("month", charged: 3);
    }

    private static async Task WhatIsOpenOutlivesItsPeriod(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100, forget: TimeSpan.FromMinutes(5)));
        for (int i = 0; i < 10; i++)
        {
            one.Store.Advance(TimeSpan.FromSeconds(90));
            SpendLedgerCase.Equal(true, await one.Ledger.RenewAsync(id, SpendLedgerCase.Lease), "Renewing after the period ended");
        }

        await one.ExpectAsync("day", held: 60);
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 50), "Settling after the period ended");
    }
}
