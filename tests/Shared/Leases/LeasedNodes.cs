namespace MeaiBudget.Simulation;

/// <summary>Several leased ledgers on one real store that spend a budget at the same time, in real time.</summary>
internal static class LeasedNodes
{
    private const string Account = "fleet";
    private const long Limit = 2_000_000;
    private const long Most = 100;

    /// <summary>Spends the budget until every node is refused; throws if more than the limit was admitted or anything is lost.</summary>
    /// <param name="count">How many nodes.</param>
    /// <param name="openAsync">Opens the store for a node.</param>
    public static async Task SpendAsync(int count, Func<Task<ISpendLedger>> openAsync)
    {
        ISpendLedger store = await openAsync();
        LeasedSpendLedger[] nodes = await Task.WhenAll(Enumerable.Range(0, count).Select(async _ => new LeasedSpendLedger(await openAsync())));
        long spent = 0;
        await Task.WhenAll(nodes.Select((node, i) => Task.Run(async () =>
        {
            var random = new Random(i);
            for (int refusals = 0; refusals < 20;)
            {
                LedgerReservation reservation = Reservation(node);
                LedgerReservationResult result = await node.ReserveAsync(reservation);
                if (!result.IsAdmitted)
                {
                    refusals++;
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
                    continue;
                }

                refusals = 0;
                await Task.Yield();
                long cost = random.Next((int)Most + 1);
                Interlocked.Add(ref spent, cost);
                await node.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [cost], Reservation = reservation, WantsStates = false });
            }
        })));
        foreach (LeasedSpendLedger node in nodes)
        {
            await node.DisposeAsync();
        }

        LedgerLineState end = (await store.ReadAsync([new LedgerAccountQuery(Account, 1, 1)]))[0];
        await ((IAsyncDisposable)store).DisposeAsync();
        if (end.Charged != spent || end.Held != 0 || spent > Limit || Limit - spent > Limit / 100)
        {
            throw new InvalidOperationException($"The limit was {Limit}, and calls cost {spent}. The store has charged {end.Charged} and holds {end.Held}.");
        }
    }

    private static LedgerReservation Reservation(LeasedSpendLedger node) => new()
    {
        Id = new LedgerReservationId(Guid.NewGuid(), 1, "node"),
        Lease = TimeSpan.FromMinutes(2),
        At = node.Clock.GetUtcNow(),
        WantsStates = false,
        Lines = [new LedgerLine
        {
            Account = Account,
            Period = 1,
            FirstPeriod = 1,
            ForgetAfter = node.Clock.GetUtcNow().AddDays(2),
            Amount = Most,
            Limit = Limit,
        }],
    };
}
