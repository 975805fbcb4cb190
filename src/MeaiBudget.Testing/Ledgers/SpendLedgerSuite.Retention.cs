namespace MeaiBudget.Testing;

/// <content>Cases of settlements whose reservation is unknown: forgotten, lost or released.</content>
public static partial class SpendLedgerSuite
{
    private static readonly Func<SpendLedgerCase, Task>[] Retention =
    [
        AnUnknownSettlementIsChargedOnce,
        AnUnknownUnconfirmedSettlementIsReplaced,
        AnUnknownSettlementMayExceedTheLimit,
        AnOldUnknownSettlementIsNotCharged,
        AnUnknownSettlementOfUnknownAgeIsNotCharged,
        ALateRepetitionIsNotChargedTwice,
        ALateSettlementReplacesAnUnconfirmedCharge,
        ASettlementAfterAReleaseIsOverrun,
        AReleasedReservationIsUnknown,
        AllReservationsOfAnAttemptAreFound,
    ];

    private static LedgerSettlement Unknown(SpendLedgerCase one, LedgerReservationId id, DateTimeOffset? at, bool isUnconfirmed, long amount, params LedgerLine[] lines) => new()
    {
        Id = id,
        Amounts = [.. lines.Select(_ => amount)],
        IsUnconfirmed = isUnconfirmed,
        Reservation = new LedgerReservation { Id = id, Lines = lines, Lease = SpendLedgerCase.Lease, At = at },
    };

    private static async Task AnUnknownSettlementIsChargedOnce(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerSettlement settlement = Unknown(one, id, one.Ledger.Clock.GetUtcNow(), false, 25, one.Line("day", 60, 100), one.Line("month", 60, 100));
        LedgerSettlementResult result = await one.Ledger.SettleAsync(settlement);
        SpendLedgerCase.Equal((true, true), (result.IsApplied, result.IsUnknown), "Applied and unknown, for a settlement whose reservation was lost");
        SpendLedgerCase.Equal(25, result.After[0].Charged, "The first account after the settlement");
        result = await one.Ledger.SettleAsync(settlement);
        SpendLedgerCase.Equal((false, false), (result.IsApplied, result.IsUnknown), "Applied and unknown, for the same settlement again");
        await one.ExpectAsync("day", charged: 25);
        await one.ExpectAsync("month", charged: 25);
    }

    private static async Task AnUnknownUnconfirmedSettlementIsReplaced(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        await one.Ledger.SettleAsync(Unknown(one, id, one.Ledger.Clock.GetUtcNow(), true, 70, one.Line("day", 60, 100)));
        await one.ExpectAsync("day", charged: 70, unconfirmed: 70, overrun: 10);
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 40), "The confirmed settlement");
        await one.ExpectAsync("day", charged: 40);
    }

    private static async Task AnUnknownSettlementMayExceedTheLimit(SpendLedgerCase one)
    {
        await one.AdmitAsync(one.Line("day", 90, 100));
        await one.Ledger.SettleAsync(Unknown(one, SpendLedgerCase.NewId(), one.Ledger.Clock.GetUtcNow(), false, 50, one.Line("day", 60, 100)));
        await one.ExpectAsync("day", charged: 50, held: 90);
        await one.RefuseAsync(one.Line("day", 1, 100));
    }

    private static async Task AnOldUnknownSettlementIsNotCharged(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerSettlement settlement = Unknown(one, id, one.Ledger.Clock.GetUtcNow(), false, 25, one.Line("day", 60, 100));
        one.Store.Advance(TimeSpan.FromMinutes(61));
        LedgerSettlementResult result = await one.Ledger.SettleAsync(settlement);
        SpendLedgerCase.Equal((false, true), (result.IsApplied, result.IsUnknown), "Applied and unknown, for a settlement an hour after its reservation");
        await one.ExpectAsync("day");
    }

    private static async Task AnUnknownSettlementOfUnknownAgeIsNotCharged(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerSettlementResult result = await one.Ledger.SettleAsync(Unknown(one, id, null, false, 25, one.Line("day", 60, 100)));
        SpendLedgerCase.Equal((false, true), (result.IsApplied, result.IsUnknown), "Applied and unknown, for a settlement without a time");
        result = await one.Ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [25] });
        SpendLedgerCase.Equal((false, true), (result.IsApplied, result.IsUnknown), "Applied and unknown, for a settlement without its reservation");
        await one.ExpectAsync("day");
    }

    private static async Task ALateRepetitionIsNotChargedTwice(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerSettlement settlement = Unknown(one, id, one.Ledger.Clock.GetUtcNow(), false, 25, one.Line("day", 60, 100));
        await one.Ledger.ReserveAsync(settlement.Reservation!);
        await one.Ledger.SettleAsync(settlement);
        foreach (double hours in new[] { 0.5, 0.6, 1.5, 6, 12 })
        {
            one.Store.Advance(TimeSpan.FromHours(hours));
            for (int i = 0; i < 20; i++)
            {
                // A ledger forgets at its operations, some entries at each.
                await one.Ledger.ReadAsync([]);
            }

            SpendLedgerCase.Equal(false, (await one.Ledger.SettleAsync(settlement)).IsApplied, $"The settlement repeated {hours} hours later");
            await one.ExpectAsync("day", charged: 25);
        }
    }

    private static async Task ALateSettlementReplacesAnUnconfirmedCharge(SpendLedgerCase one)
    {
        LedgerReservationId unconfirmed = await one.AdmitAsync(one.Line("day", 60, 1000));
        await one.SettleUnconfirmedAsync(unconfirmed, 60);
        LedgerReservationId expired = await one.AdmitAsync(one.Line("day", 60, 1000));
        for (int hour = 0; hour < 24; hour++)
        {
            one.Store.Advance(TimeSpan.FromHours(1));
            await one.Ledger.ReadAsync([]);
        }

        await one.ExpectAsync("day", charged: 120, unconfirmed: 120);
        SpendLedgerCase.Equal(true, await one.SettleAsync(unconfirmed, 10), "The settlement a day after an unconfirmed one");
        SpendLedgerCase.Equal(true, await one.SettleAsync(expired, 20), "The settlement a day after the lease ended");
        await one.ExpectAsync("day", charged: 30);
    }

    private static async Task ASettlementAfterAReleaseIsOverrun(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerSettlement settlement = Unknown(one, id, one.Ledger.Clock.GetUtcNow(), false, 25, one.Line("day", 60, 100));
        await one.Ledger.ReserveAsync(settlement.Reservation!);
        await one.Ledger.ReleaseAsync(id);
        LedgerSettlementResult result = await one.Ledger.SettleAsync(settlement);
        SpendLedgerCase.Equal((true, true), (result.IsApplied, result.IsUnknown), "Applied and unknown, for a settlement after the release");
        await one.ExpectAsync("day", charged: 25, overrun: 25);
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 25), "The settlement again");
        await one.ExpectAsync("day", charged: 25, overrun: 25);
    }

    private static async Task AReleasedReservationIsUnknown(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        await one.Ledger.ReleaseAsync(id);
        SpendLedgerCase.Equal(null, await one.Ledger.FindAsync(id), "A released reservation");
        SpendLedgerCase.Equal(0, (await one.Ledger.FindAllAsync(id.CallId, 1)).Count, "The reservations of its attempt");
        SpendLedgerCase.Equal(false, await one.AdjustAsync(Guid.NewGuid(), id, 5), "Adjusting it");
        SpendLedgerCase.Equal(false, await one.Ledger.RenewAsync(id, SpendLedgerCase.Lease), "Renewing it");
        one.Store.Advance(SpendLedgerCase.Lease * 2);
        await one.ExpectAsync("day");
    }

    private static async Task AllReservationsOfAnAttemptAreFound(SpendLedgerCase one)
    {
        var call = Guid.NewGuid();
        LedgerReservationId[] ids = [new(call, 1, "a"), new(call, 1, "b c"), new(call, 1, ""), new(call, 1, "a#1")];
        foreach (LedgerReservationId id in (LedgerReservationId[])[.. ids, new(call, 11, "a"), new(call, 2, "a"), new(Guid.NewGuid(), 1, "a")])
        {
            await one.ReserveAsync(id, one.Line("day", 1, 100));
        }

        IReadOnlyList<LedgerReservationId> found = await one.Ledger.FindAllAsync(call, 1);
        if (found.Count > 0)
        {
            // A ledger need not support this.
            SpendLedgerCase.True(found.OrderBy(id => id.Owner, StringComparer.Ordinal).SequenceEqual(ids.OrderBy(id => id.Owner, StringComparer.Ordinal)), "the reservations of all owners of the attempt, and no others");
        }
    }
}
