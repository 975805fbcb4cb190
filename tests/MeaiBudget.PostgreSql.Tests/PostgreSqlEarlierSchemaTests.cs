using MeaiBudget.Testing;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>A newer library on tables that an older one made, and both beside each other during a rolling deployment.</summary>
public class PostgreSqlEarlierSchemaTests
{
    private const int BeforeBatches = PostgreSqlSchema.FirstWithBatches - 1;
    private static readonly Lazy<Task<string>> Earlier = new(() => MigrateAsync($"earlier_{Guid.NewGuid():N}"));

    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task TablesOfAnEarlierVersionBehaveTheSame(string name)
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        string schema = await Earlier.Value;
        await SpendLedgerSuite.RunAsync(name, () => new Store(connectionString, schema));
    }

    [Fact]
    public async Task AnOlderAndANewerProcessShareALedger()
    {
        string connectionString = PostgreSqlServer.Get().ConnectionString;
        string schema = await MigrateAsync($"rolling_{Guid.NewGuid():N}");
        var options = new PostgreSqlSpendLedgerOptions { Schema = schema, Migrate = false, OperationTimeout = TimeSpan.FromMinutes(1) };
        await using PostgreSqlSpendLedger older = await PostgreSqlSpendLedger.OpenAsync(connectionString, options);
        options.Migrate = true;
        await using PostgreSqlSpendLedger newer = await PostgreSqlSpendLedger.OpenAsync(connectionString, options);

        // Each reservation is settled, released or settled again by the other process. The limit is that of a thousand calls.
        int admitted = 0;
        long expected = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            (PostgreSqlSpendLedger one, PostgreSqlSpendLedger other) = caller % 2 == 0 ? (older, newer) : (newer, older);
            for (int i = 0; i < 80; i++)
            {
                var id = new LedgerReservationId(Guid.NewGuid(), 1, "rolling");
                LedgerReservationResult result = await one.ReserveAsync(new LedgerReservation
                {
                    Id = id,
                    Lease = TimeSpan.FromMinutes(10),
                    Lines = [Line("day", 1_000), Line($"tenant {caller}", null)],
                });
                if (!result.IsAdmitted)
                {
                    continue;
                }

                Interlocked.Increment(ref admitted);
                if (i % 4 == 3)
                {
                    Assert.True(await other.ReleaseAsync(id));
                    continue;
                }

                await other.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1, 1], IsUnconfirmed = i % 4 == 1 });
                await one.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1, 1] });
                Interlocked.Increment(ref expected);
            }
        })));

        LedgerLineState[] states = [.. await newer.ReadAsync([new LedgerAccountQuery("day", 1, 1), .. Enumerable.Range(0, 16).Select(caller => new LedgerAccountQuery($"tenant {caller}", 1, 1))])];
        Assert.Equal((expected, 0L, 0L), (states[0].Charged, states[0].Held, states[0].Unconfirmed));
        Assert.Equal(expected, states.Skip(1).Sum(state => state.Charged));
        Assert.InRange(admitted, 1_000, 16 * 80);
        Assert.InRange(expected, 0, 1_000);
    }

    private static LedgerLine Line(string account, long? limit) => new()
    {
        Account = account,
        Period = 1,
        FirstPeriod = 1,
        ForgetAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Amount = 1,
        Limit = limit,
    };

    private static async Task<string> MigrateAsync(string schema)
    {
        await using var dataSource = NpgsqlDataSource.Create(PostgreSqlServer.Get().ConnectionString);
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync();
        await PostgreSqlSchema.MigrateAsync(connection, schema, "earlier", isAllowed: true, CancellationToken.None, newest: BeforeBatches);
        return schema;
    }

    private sealed class Store(string connectionString, string schema) : ISpendLedgerStore
    {
        private readonly string _name = $"test-{Guid.NewGuid():N}";

        public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

        public bool IsShared => true;

        public async ValueTask<ISpendLedger> OpenAsync() => await PostgreSqlSpendLedger.OpenAsync(
            connectionString, new PostgreSqlSpendLedgerOptions { Name = _name, Schema = schema, Migrate = false, Clock = Clock, OperationTimeout = TimeSpan.FromMinutes(1) });

        public void Advance(TimeSpan time)
        {
            if (time < TimeSpan.Zero)
            {
                Clock.AdjustTime(Clock.GetUtcNow() + time);
            }
            else
            {
                Clock.Advance(time);
            }
        }

        public ValueTask DisposeAsync() => default;
    }
}
