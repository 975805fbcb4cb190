using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class LedgerCopyTests : IDisposable
{
    private static readonly string[] Kinds = ["sqlite", "redis", "postgresql"];
    private readonly ToolLedgers _ledgers = new();

    public static TheoryData<string, string> Pairs => new(from source in Kinds from target in Kinds select (source, target));

    public void Dispose() => _ledgers.Dispose();

    [Theory, MemberData(nameof(Pairs))]
    public async Task ACopyHasTheSameChargesAndChargesNothingTwice(string from, string to)
    {
        (string Ledger, string Name) source = _ledgers.New(from);
        (string Ledger, string Name) target = _ledgers.New(to);
        ISpendLedger ledger = await ToolLedgers.OpenAsync(source);
        LedgerSettlement[] settlements = await FillAsync(ledger);
        LedgerReservation open = Reservation(ledger, 5);
        await ledger.ReserveAsync(open);
        string[] copy = ["copy", source.Ledger, target.Ledger, "--name", source.Name, "--to-name", target.Name];
        (int code, string output) = await ToolLedgers.RunAsync(LedgerCommands.Create(), copy);
        Assert.Equal(1, code);
        Assert.Contains("1 open reservations", output, StringComparison.Ordinal);
        await ledger.ReleaseAsync(open.Id);

        (code, output) = await ToolLedgers.RunAsync(LedgerCommands.Create(), copy);
        Assert.True(code == 0, output);
        ISpendLedger copied = await ToolLedgers.OpenAsync(target);
        LedgerAccountQuery[] accounts = [.. (await ledger.ListAccountsAsync("")).Append("day/usd/").Distinct().Select(account => new LedgerAccountQuery(account, 1, 3))];
        Assert.Equal(await ledger.ReadAsync(accounts), await copied.ReadAsync(accounts));
        Assert.Equal((await ledger.ReadSettingsAsync()).Settings.OrderBy(one => one.Key), (await copied.ReadSettingsAsync()).Settings.OrderBy(one => one.Key));
        if (to != "redis" && from != "redis")
        {
            Assert.Equal(
                (await ((ISpendHistory)ledger).ReadCallsAsync(new SpendQuery())).Select(call => (call.Id, call.State, call.Spent, call.Refused)),
                (await ((ISpendHistory)copied).ReadCallsAsync(new SpendQuery())).Select(call => (call.Id, call.State, call.Spent, call.Refused)));
        }

        // A settlement that is sent again, as from an outbox, and one that replaces an estimate, do in the copy what they do in the source.
        foreach (LedgerSettlement settlement in settlements)
        {
            Assert.Equal((await ledger.SettleAsync(settlement)).IsApplied, (await copied.SettleAsync(settlement)).IsApplied);
        }

        Assert.Equal(await ledger.ReadAsync(accounts), await copied.ReadAsync(accounts));
        if (to != "redis")
        {
            (code, output) = await ToolLedgers.RunAsync(LedgerCommands.Create(), "check", target.Ledger, "--name", target.Name);
            Assert.True(code == 0, output);
        }

        (code, output) = await ToolLedgers.RunAsync(LedgerCommands.Create(), copy);
        Assert.Equal(1, code);
        Assert.Contains("--continue", output, StringComparison.Ordinal);
        (ledger as IDisposable)?.Dispose();
        (copied as IDisposable)?.Dispose();
    }

    [Fact]
    public async Task AnInterruptedCopyIsContinuedWithTheSameCharges()
    {
        (string Ledger, string Name) source = _ledgers.New("sqlite");
        (string Ledger, string Name) target = _ledgers.New("sqlite");
        using var ledger = (SqliteSpendLedger)await ToolLedgers.OpenAsync(source);
        await FillAsync(ledger);
        Assert.Equal(0, (await ToolLedgers.RunAsync(LedgerCommands.Create(), "copy", source.Ledger, target.Ledger)).Code);
        Assert.Equal(0, (await ToolLedgers.RunAsync(LedgerCommands.Create(), "copy", source.Ledger, target.Ledger, "--continue")).Code);

        using var copied = (SqliteSpendLedger)await ToolLedgers.OpenAsync(target);
        LedgerAccountQuery[] accounts = [.. (await ledger.ListAccountsAsync("")).Select(account => new LedgerAccountQuery(account, 1, 3))];
        Assert.Equal(await ledger.ReadAsync(accounts), await copied.ReadAsync(accounts));
        Assert.Equal((await ledger.ReadCallsAsync(new SpendQuery())).Count, (await copied.ReadCallsAsync(new SpendQuery())).Count);
    }

    /// <summary>Makes reservations of every kind. Returns settlements to send again.</summary>
    private static async Task<LedgerSettlement[]> FillAsync(ISpendLedger ledger)
    {
        var settlements = new List<LedgerSettlement>();
        for (int i = 0; i < 40; i++)
        {
            LedgerReservation reservation = Reservation(ledger, 100 + i, period: 1 + (i % 3), isLeftOut: i % 4 == 0, lease: i % 8 == 7 ? TimeSpan.FromMilliseconds(1) : TimeSpan.FromMinutes(10));
            await ledger.ReserveAsync(reservation);
            var settlement = new LedgerSettlement
            {
                Id = reservation.Id,
                Amounts = [90 + (2 * i), 7, 90 + (2 * i), 90 + (2 * i)],
                IsUnconfirmed = i % 5 == 1,
                Info = new LedgerSettlementInfo { At = ledger.Clock.GetUtcNow(), Outcome = "ok", Usage = new BillableUsage { InputTokens = i } },
            };
            if (i % 8 == 6)
            {
                await ledger.ReleaseAsync(reservation.Id);
                continue;
            }

            if (i % 8 != 7)
            {
                await ledger.SettleAsync(settlement);
            }

            if (i % 10 == 0)
            {
                await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = reservation.Id, Amounts = [500, 7, 1, 500], Reason = "bill" });
            }

            settlements.Add(settlement with { IsUnconfirmed = false });
        }

        await ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = "day/usd/", Amount = 77, ExpiresAt = ledger.Clock.GetUtcNow().AddDays(3), Reason = "test" });
        await ledger.WriteSettingAsync("limit/day", "5|2026-01-01T00:00:00Z|test");
        await ((ISpendHistory)ledger).WriteAsync([new SpendRecord
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker#refused"),
            State = "refused",
            Refused = 3,
            Call = new LedgerCallInfo { At = ledger.Clock.GetUtcNow(), ModelId = "m" },
            Refusal = new SpendRefusal { Budget = "day", Reason = RefusalReason.Spent },
        }]);
        await ledger.ReadAsync([new LedgerAccountQuery("day/usd/", 1, 1)]);
        return [.. settlements];
    }

    private static LedgerReservation Reservation(ISpendLedger ledger, long amount, long period = 1, bool isLeftOut = false, TimeSpan? lease = null)
    {
        DateTimeOffset now = ledger.Clock.GetUtcNow();
        LedgerLine line = new() { Account = "day/usd/", Period = period, FirstPeriod = period, ForgetAfter = now.AddDays(30), Amount = amount };
        return new LedgerReservation
        {
            Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker one"),
            Lease = lease ?? TimeSpan.FromMinutes(10),
            Lines =
            [
                line, line with { Account = $"te nant/tokens/{amount % 3}", Amount = 5 }, line with { Account = "watch/usd-shadow/", Limit = isLeftOut ? -1 : null, Mode = LedgerLineMode.Shadow },
                line with { Account = "rolling/usd/", FirstPeriod = period - 1 },
            ],
            Info = new LedgerCallInfo { At = now, ModelId = "m" },
        };
    }
}
