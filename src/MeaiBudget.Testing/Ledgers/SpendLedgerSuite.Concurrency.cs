namespace MeaiBudget.Testing;

/// <content>Cases of concurrent callers, and of several ledgers on one store.</content>
public static partial class SpendLedgerSuite
{
    private static readonly Func<SpendLedgerCase, Task>[] Concurrency =
    [
        ExactlyAsManyAreAdmittedAsFit,
        ParallelFirstCallsOfAnUnknownAccountAreRefused,
        ParallelRepetitionsTakeOnce,
        AccountsTakenInOppositeOrdersDoNotBlock,
        CountersEqualTheSumAtRest,
        AWaitEndsWhenSomethingIsGivenBack,
        AWaitEndsWhenItIsCancelled,
    ];

    private static readonly Func<SpendLedgerCase, Task>[] Sharing =
    [
        ASecondLedgerSeesTheFirst,
        SeveralLedgersAdmitExactlyWhatFits,
        EverythingSurvivesARestart,
        WhatACrashLeftOpenIsCharged,
        ASecondLedgerSettlesWhatTheFirstReserved,
    ];

    private static async Task ExactlyAsManyAreAdmittedAsFit(SpendLedgerCase one)
    {
        LedgerReservationResult[] results = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(
            () => one.ReserveAsync(SpendLedgerCase.NewId(), one.Line("day", 10, 100), one.Line("month", 10, 1000)))));
        SpendLedgerCase.Equal(10, results.Count(result => result.IsAdmitted), "Admitted reservations of 200");
        await one.ExpectAsync("day", held: 100);
        await one.ExpectAsync("month", held: 100);
    }

    private static async Task ParallelFirstCallsOfAnUnknownAccountAreRefused(SpendLedgerCase one)
    {
        LedgerReservationResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => one.ReserveAsync(SpendLedgerCase.NewId(), one.Line("new", 1, 0)))));
        SpendLedgerCase.Equal(0, results.Count(result => result.IsAdmitted), "Admitted reservations with a limit of zero");
    }

    private static async Task ParallelRepetitionsTakeOnce(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerLine line = one.Line("day", 10, 100);
        LedgerReservationResult[] admitted = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => one.ReserveAsync(id, line))));
        SpendLedgerCase.True(admitted.All(result => result.IsAdmitted), "each repetition returns the first result");
        await one.ExpectAsync("day", held: 10);
        bool[] settled = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => one.SettleAsync(id, 7))));
        SpendLedgerCase.Equal(1, settled.Count(applied => applied), "Applied settlements");
        await one.ExpectAsync("day", charged: 7);
    }

    private static async Task AccountsTakenInOppositeOrdersDoNotBlock(SpendLedgerCase one)
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            LedgerReservationId id = SpendLedgerCase.NewId();
            (LedgerLine a, LedgerLine b) = (one.Line("a", 1, 1000), one.Line("b", 1, 1000));
            await (i % 2 == 0 ? one.ReserveAsync(id, a, b) : one.ReserveAsync(id, b, a));
            await one.SettleAsync(id, 1, 1);
        })));
        await one.ExpectAsync("a", charged: 100);
        await one.ExpectAsync("b", charged: 100);
    }

    private static async Task CountersEqualTheSumAtRest(SpendLedgerCase one)
    {
        long settled = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            for (int step = 0; step < 20; step++)
            {
                LedgerReservationId id = SpendLedgerCase.NewId();
                if (!(await one.ReserveAsync(id, one.Line("day", 10, 1000), one.Line($"tenant {caller % 3}", 10))).IsAdmitted)
                {
                    continue;
                }

                switch ((caller + step) % 4)
                {
                    case 0:
                        await one.Ledger.ReleaseAsync(id);
                        break;
                    case 1:
                        await one.SettleUnconfirmedAsync(id, 9, 9);
                        await one.SettleAsync(id, 3, 3);
                        Interlocked.Add(ref settled, 3);
                        break;
                    default:
                        await Task.WhenAll(one.SettleAsync(id, 5, 5), one.SettleAsync(id, 5, 5));
                        Interlocked.Add(ref settled, 5);
                        break;
                }
            }
        })));
        await one.ExpectAsync("day", charged: settled);
        LedgerLineState[] tenants = await Task.WhenAll(Enumerable.Range(0, 3).Select(tenant => one.ReadAsync($"tenant {tenant}")));
        SpendLedgerCase.Equal(settled, tenants.Sum(tenant => tenant.Charged), "The charged sum of the tenants");
        SpendLedgerCase.Equal(0, tenants.Sum(tenant => tenant.Held), "The held sum of the tenants");
    }

    private static async Task AWaitEndsWhenSomethingIsGivenBack(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 100, 100));
        Task[] waits = Enumerable.Range(0, 5).Select(_ => one.Ledger.WaitForChangeAsync("day", CancellationToken.None)).ToArray();
        await one.Ledger.ReleaseAsync(id);
        await Task.WhenAll(waits);

        // Without a change the wait ends after a short time of the ledger's clock.
        Task wait = one.Ledger.WaitForChangeAsync("day", CancellationToken.None);
        for (int i = 0; i < 200 && !wait.IsCompleted; i++)
        {
            one.Store.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        await wait;
    }

    private static async Task AWaitEndsWhenItIsCancelled(SpendLedgerCase one)
    {
        await one.AdmitAsync(one.Line("day", 100, 100));
        using var cancellation = new CancellationTokenSource();
        Task wait = one.Ledger.WaitForChangeAsync("day", cancellation.Token);
        await cancellation.CancelAsync();
        try
        {
            await wait;
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task ASecondLedgerSeesTheFirst(SpendLedgerCase one)
    {
        ISpendLedger second = await one.OpenAnotherAsync();
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        LedgerReservationResult refused = await second.ReserveAsync(new LedgerReservation { Id = SpendLedgerCase.NewId(), Lines = [one.Line("day", 50, 100)], Lease = SpendLedgerCase.Lease });
        SpendLedgerCase.Equal(false, refused.IsAdmitted, "Admission by the second ledger");
        SpendLedgerCase.Equal(60, refused.Lines[0].Held, "The held amount in the second ledger");
        await one.SettleAsync(id, 10);
        SpendLedgerCase.Equal(10, (await second.ReadAsync([new LedgerAccountQuery("day", SpendLedgerCase.Day, SpendLedgerCase.Day)]))[0].Charged, "The charged amount in the second ledger");
    }

    private static async Task SeveralLedgersAdmitExactlyWhatFits(SpendLedgerCase one)
    {
        ISpendLedger[] ledgers = [one.Ledger, await one.OpenAnotherAsync(), await one.OpenAnotherAsync()];
        LedgerReservationResult[] results = await Task.WhenAll(Enumerable.Range(0, 150).Select(i => Task.Run(async () => await ledgers[i % 3].ReserveAsync(
            new LedgerReservation { Id = SpendLedgerCase.NewId(), Lines = [one.Line("day", 10, 100)], Lease = SpendLedgerCase.Lease }))));
        SpendLedgerCase.Equal(10, results.Count(result => result.IsAdmitted), "Reservations of 150 that three ledgers admitted");
    }

    private static async Task EverythingSurvivesARestart(SpendLedgerCase one)
    {
        LedgerReservationId settled = await one.AdmitAsync(one.Line("day", 60, 1000));
        LedgerReservationId unconfirmed = await one.AdmitAsync(one.Line("day", 50, 1000));
        LedgerReservationId open = await one.AdmitAsync(one.Line("day", 40, 1000));
        await one.SettleAsync(settled, 70);
        await one.SettleUnconfirmedAsync(unconfirmed, 30);
        await one.Ledger.GrantAsync(new LedgerGrant
        {
            Id = Guid.NewGuid(),
            Account = "day",
            Amount = 5,
            ExpiresAt = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromDays(1),
            Reason = "suite",
        });
        await one.RestartAsync();
        await one.ExpectAsync("day", charged: 100, held: 40, unconfirmed: 30, overrun: 10, granted: 5);
        SpendLedgerCase.Equal(false, await one.SettleAsync(settled, 1), "Settling again after the restart");
        SpendLedgerCase.Equal(true, await one.SettleAsync(unconfirmed, 20), "The final settlement after the restart");
        SpendLedgerCase.Equal(true, await one.Ledger.ReleaseAsync(open), "Releasing after the restart");
        await one.ExpectAsync("day", charged: 90, overrun: 10, granted: 5);
    }

    private static async Task WhatACrashLeftOpenIsCharged(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 40, 100));
        await one.RestartAsync();
        one.Store.Advance(SpendLedgerCase.Lease);
        await one.ExpectAsync("day", charged: 40, unconfirmed: 40);
        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 25), "A replayed settlement");
        await one.ExpectAsync("day", charged: 25);
    }

    private static async Task ASecondLedgerSettlesWhatTheFirstReserved(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 40, 100));
        ISpendLedger second = await one.OpenAnotherAsync();
        SpendLedgerCase.Equal(true, await second.RenewAsync(id, SpendLedgerCase.Lease), "Renewing with the second ledger");
        var settlement = new LedgerSettlement { Id = id, Amounts = [25] };
        LedgerSettlementResult[] both = await Task.WhenAll(one.Ledger.SettleAsync(settlement).AsTask(), second.SettleAsync(settlement).AsTask());
        SpendLedgerCase.Equal(1, both.Count(result => result.IsApplied), "Applied settlements");
        await one.ExpectAsync("day", charged: 25);
    }
}
