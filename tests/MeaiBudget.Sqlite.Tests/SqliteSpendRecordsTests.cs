using System.Reflection;
using Microsoft.Data.Sqlite;

namespace MeaiBudget.Tests;

public sealed class SqliteSpendRecordsTests : IDisposable
{
    private readonly SqliteLedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ARecordHoldsAllThatWasAskedAndHowItEnded()
    {
        LedgerCallInfo call = Call() with { Tags = new Dictionary<string, string> { ["tenant"] = "Zoë & söhne", ["\"quoted\""] = "a\nb" } };
        var usage = new BillableUsage { InputTokens = 1200, CachedInputTokens = 1000, OutputTokens = 34, ReasoningTokens = 30, ServiceTier = "flex", ProviderStatedCost = 0.00123m, IsEstimated = true };
        var id = new LedgerReservationId(Guid.NewGuid(), 2, "tracker one");
        await using (SqliteSpendLedger ledger = _folder.Open())
        {
            await ledger.ReserveAsync(Reservation(id, 500, call) with { Lines = [Line("day usd", 500), Line("shadow", 500) with { Limit = 1, Mode = LedgerLineMode.Shadow }] });
            _folder.Clock.Advance(TimeSpan.FromSeconds(3));
            await ledger.SettleAsync(new LedgerSettlement
            {
                Id = id,
                Amounts = [420, 420],
                Info = new LedgerSettlementInfo { At = _folder.Clock.GetUtcNow(), ResponseModelId = "model-2026", Usage = usage, Cost = Cost(420, CostKind.Computed, PriceMatch.Exact), Outcome = "ok" },
            });
        }

        SqliteSpendRecord record = Assert.Single(await ReadAsync());
        Assert.Equal(id, record.Id);
        Assert.Equal(SqliteReservationState.Settled, record.State);
        Assert.Equal(call.At, record.At);
        Assert.Equal(call with { Tags = null }, record.Call with { Tags = null });
        Assert.Equal(call.Tags, record.Call.Tags);
        Assert.Equal(usage, record.Usage);
        Assert.Equal((420, CostKind.Computed, PriceMatch.Exact, "ok", "model-2026"), (record.CostNanoDollars, record.CostKind, record.PriceMatch, record.Outcome, record.ResponseModelId));
        Assert.Equal(_folder.Clock.GetUtcNow(), record.ClosedAt);
        Assert.Equal([new SqliteSpendRecordLine("day usd", 1, 500, 420, true), new SqliteSpendRecordLine("shadow", 1, 500, 0, false)], record.Lines);
    }

    [Fact]
    public async Task RecordsAreReadByTimeInOrderInEveryState()
    {
        await using SqliteSpendLedger ledger = _folder.Open();
        DateTimeOffset start = _folder.Clock.GetUtcNow();
        LedgerReservationId[] ids = Enumerable.Range(1, 6).Select(attempt => new LedgerReservationId(Guid.NewGuid(), attempt, "t")).ToArray();
        foreach (LedgerReservationId id in ids)
        {
            await ledger.ReserveAsync(Reservation(id, 10, Call()));
            _folder.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        await ledger.ReserveAsync(Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "without a record"), 10, null));
        await ledger.SettleAsync(new LedgerSettlement { Id = ids[1], Amounts = [5] });
        await ledger.SettleAsync(new LedgerSettlement { Id = ids[2], Amounts = [6], IsUnconfirmed = true });
        await ledger.ReleaseAsync(ids[3]);
        await ledger.RenewAsync(ids[5], TimeSpan.FromHours(1));
        _folder.Clock.Advance(TimeSpan.FromMinutes(3));
        await ledger.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = ids[4], Amounts = [9], Reason = "invoice" });
        List<SqliteSpendRecord> records = await ReadAsync();
        Assert.Equal(ids, records.Select(record => record.Id));
        Assert.Equal(
            [SqliteReservationState.Expired, SqliteReservationState.Settled, SqliteReservationState.Unconfirmed, SqliteReservationState.Released, SqliteReservationState.Settled, SqliteReservationState.Open],
            records.Select(record => record.State));
        Assert.Equal([10, 5, 6, 0, 9, 0], records.Select(record => record.Lines[0].Charged));
        List<SqliteSpendRecord> middle = await ReadAsync(start.AddSeconds(10), start.AddSeconds(30));
        Assert.Equal(ids[1..3], middle.Select(record => record.Id));
    }

    [Fact]
    public async Task GrantsAndAdjustmentsAreKeptForTheAudit()
    {
        await using SqliteSpendLedger ledger = _folder.Open();
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "t");
        var grant = new LedgerGrant { Id = Guid.NewGuid(), Account = "day usd", Amount = 77, ExpiresAt = _folder.Clock.GetUtcNow().AddHours(1), Reason = "Ada: launch day" };
        await ledger.GrantAsync(grant);
        await ledger.ReserveAsync(Reservation(id, 10, null));
        await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [5] });
        var adjustment = new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = id, Amounts = [6], Reason = "Ada: invoice" };
        await ledger.AdjustAsync(adjustment);
        await ledger.AdjustAsync(adjustment);
        var records = SqliteSpendRecords.Open(_folder.File);
        Assert.Equal(new SqliteRecordedGrant(grant, _folder.Clock.GetUtcNow()), Assert.Single(records.ReadGrants()));
        LedgerAdjustment adjusted = Assert.Single(records.ReadAdjustments()).Adjustment;
        Assert.Equal((adjustment.Id, adjustment.Reservation, 6, adjustment.Reason), (adjusted.Id, adjusted.Reservation, adjusted.Amounts[0], adjusted.Reason));
        Assert.Equal(new SqliteRecordedPeriod("day", 1, 6, 0, 0, 0), Assert.Single(records.ReadPeriods()));
    }

    [Theory]
    [InlineData(null, 300)]
    [InlineData(30, 31)]
    public async Task TheFileForgetsWhatNoLongerCountsAndKeepsRecordsAsLongAsAsked(int? days, int most)
    {
        await using SqliteSpendLedger ledger = _folder.Open(options => options.RecordRetention = days is { } count ? TimeSpan.FromDays(count) : null);
        for (int day = 0; day < 300; day++)
        {
            var recorded = new LedgerReservationId(Guid.NewGuid(), 1, "t");
            var unrecorded = new LedgerReservationId(Guid.NewGuid(), 1, "t");
            await ledger.ReserveAsync(Reservation(recorded, 10, Call()) with { Lines = [Line("day", 10) with { Period = day, FirstPeriod = day }] });
            await ledger.ReserveAsync(Reservation(unrecorded, 10, null) with { Lines = [Line("day", 10) with { Period = day, FirstPeriod = day }] });
            await ledger.SettleAsync(new LedgerSettlement { Id = recorded, Amounts = [5] });
            await ledger.SettleAsync(new LedgerSettlement { Id = unrecorded, Amounts = [5] });
            _folder.Clock.Advance(TimeSpan.FromDays(1));
        }

        await ledger.ListAccountsAsync("");
        Assert.InRange((await ReadAsync()).Count, most - 2, most);
        Assert.InRange(Count("reservations"), most - 2, most + 5);
        Assert.InRange(Count("lines"), most - 2, most + 5);
        Assert.InRange(Count("periods"), 0, 3);
    }

    private static LedgerCallInfo Call(DateTimeOffset at) => new()
    {
        At = at,
        Provider = "openai",
        ModelId = "gpt",
        Route = "primary",
        ModelClass = "large",
        RunId = "run-1",
        EstimatedInputTokens = 1,
        ReservedInputTokens = 2,
        ReservedOutputTokens = 3,
        ReservedNanoDollars = long.MaxValue,
    };

    private static Cost Cost(params object[] values) => (Cost)typeof(Cost)
        .GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic)[0].Invoke([Convert.ToInt64(values[0], null), values[1], values[2], default(CostFlags)]);

    private LedgerCallInfo Call() => Call(_folder.Clock.GetUtcNow());

    private LedgerLine Line(string account, long amount) => new()
    {
        Account = account,
        Period = 1,
        FirstPeriod = 1,
        ForgetAfter = _folder.Clock.GetUtcNow().AddDays(2),
        Amount = amount,
    };

    private LedgerReservation Reservation(LedgerReservationId id, long amount, LedgerCallInfo? info) => new()
    {
        Id = id,
        Lease = TimeSpan.FromMinutes(2),
        Lines = [Line("day", amount)],
        Info = info,
    };

    private async Task<List<SqliteSpendRecord>> ReadAsync(DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var records = new List<SqliteSpendRecord>();
        await foreach (SqliteSpendRecord record in SqliteSpendRecords.Open(_folder.File).ReadRecordsAsync(from ?? DateTimeOffset.MinValue, to ?? DateTimeOffset.MaxValue))
        {
            records.Add(record);
        }

        return records;
    }

    private long Count(string table)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File};Pooling=False");
        connection.Open();
        return SqliteSchema.ReadNumber(connection, $"SELECT count(*) FROM {table}");
    }
}
