using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A ledger that leases slices from a far one in memory, which can fail.</summary>
public abstract class LeasedSpendLedgerFixture
{
    private protected const long Day = 20_000;

    protected LeasedSpendLedgerFixture()
    {
        Far = new InMemorySpendLedger(Time);
        Flaky = new FlakyFarLedger(Far);
        Node = NewNode();
    }

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 0, 0, TimeSpan.Zero));

    private protected InMemorySpendLedger Far { get; }

    private protected FlakyFarLedger Flaky { get; }

    private protected LeasedSpendLedger Node { get; }

    private protected LeasedSpendLedger NewNode(decimal mostShare = 0.01m) => new(Far, Flaky, new SliceRules { Clock = Time, MostShare = mostShare });

    private protected async Task MakeBusyAsync(LeasedSpendLedger node, long limit = 1_000_000)
    {
        for (int i = 0; i < 3; i++)
        {
            await SpendAsync(node, 100, 60, limit);
        }

        await node.ExchangeSoonAsync();
    }

    private protected async Task<bool> SpendAsync(LeasedSpendLedger node, long most, long cost, long limit = 1_000_000)
    {
        (LedgerReservationId id, LedgerReservationResult result) = await ReserveAsync(node, most, limit);
        if (result.IsAdmitted)
        {
            await node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [cost] });
        }

        return result.IsAdmitted;
    }

    private protected async Task<(LedgerReservationId Id, LedgerReservationResult Result)> ReserveAsync(LeasedSpendLedger node, long most, long limit = 1_000_000)
    {
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "call");
        return (id, await node.ReserveAsync(Reservation(id, most, limit)));
    }

    private protected LedgerReservation Reservation(LedgerReservationId id, long most, long limit) => new()
    {
        Id = id,
        Lease = TimeSpan.FromMinutes(2),
        SettingsVersion = 0,
        Lines = [Line("all", most, limit)],
    };

    private protected LedgerLine Line(string account, long amount, long limit) => new()
    {
        Account = account,
        Period = Day,
        FirstPeriod = Day,
        ForgetAfter = Time.GetUtcNow().AddDays(2),
        Amount = amount,
        Limit = limit,
    };

    private protected static async Task<LedgerLineState> ReadAsync(InMemorySpendLedger ledger) => (await ledger.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0];
}
