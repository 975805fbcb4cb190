using System.CommandLine;
using MeaiBudget.Tool;
using Microsoft.Data.Sqlite;

namespace MeaiBudget.Tests;

public sealed class LedgerCommandsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-");

    private string File => Path.Combine(_folder.FullName, "ledger.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task CheckFindsNothingInASoundLedgerAndSaysWhatWasChanged()
    {
        await FillAsync();
        Assert.Equal((0, "everything adds up."), Ending(await RunAsync("check", File)));

        Execute("UPDATE periods SET held = held + 5 WHERE account = 'users/usd/alice'");
        Execute("UPDATE periods SET charged = 1 WHERE account = 'users/usd/bob'");
        (int code, string output) = await RunAsync("check", File);

        Assert.Equal(1, code);
        Assert.Contains("The account 'users/usd/alice', period 1, holds 5 for 0 reservations, but its open reservations hold 0 for 0.", output, StringComparison.Ordinal);
        Assert.Contains("The account 'users/usd/bob', period 1, was charged 1, but its settled reservations were charged 40.", output, StringComparison.Ordinal);
        Assert.Contains("2 problems.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForgetReplacesATagInRecordsAndKeysAndKeepsAmounts()
    {
        await FillAsync();
        await using (var ledger = SqliteSpendLedger.Open(File))
        {
            await ledger.WriteAsync([new SpendRecord
            {
                Id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker#refused"),
                State = "refused",
                Refused = 1,
                Call = new LedgerCallInfo { At = TimeProvider.System.GetUtcNow(), Tags = new Dictionary<string, string> { ["user"] = "alice" } },
                Refusal = new SpendRefusal { Budget = "users", Key = "alice", Reason = RefusalReason.Spent },
                Accounts = [KeyValuePair.Create("users/usd/alice", 0L)],
            }]);
        }

        (int code, string output) = await RunAsync("forget", File, "--tag", "user=alice");

        Assert.Equal(0, code);
        Assert.Contains("2 records and 2 accounts now have the pseudonym forgotten-", output, StringComparison.Ordinal);
        var history = SqliteSpendRecords.Open(File);
        SpendRecord[] sums = [.. await history.QueryAsync(new SpendQuery { GroupBy = ["tag:user"], OrderBy = "group" })];
        Assert.Equal(["bob", "forgotten-"], sums.Select(sum => sum.Group[0][..Math.Min(10, sum.Group[0].Length)]));
        Assert.Equal(0.00000008m, sums.Sum(sum => sum.Spent));
        SpendRecord refusal = Assert.Single(await history.ReadCallsAsync(new SpendQuery { Where = new Dictionary<string, string> { ["outcome"] = "refused" } }));
        Assert.StartsWith("forgotten-", refusal.Refusal!.Key, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", refusal.Accounts![0].Key, StringComparison.Ordinal);
        Assert.DoesNotContain(history.ReadPeriods(), period => period.Account.Contains("alice", StringComparison.Ordinal));
        Assert.Equal((0, "everything adds up."), Ending(await RunAsync("check", File)));
    }

    [Fact]
    public async Task ForgetReplacesAPersonInLimitsStopsAndWhatOperatorsWrote()
    {
        await FillAsync();
        long version;
        await using (var ledger = SqliteSpendLedger.Open(File))
        {
            foreach ((string name, string value) in new[]
            {
                ("limit/users/alice", "5|2026-11-30T00:00:00Z|bob: alice asked for more"),
                ("stop/both/alice/model", "|2026-11-30T00:00:00Z|on a leak of alice's key"),
                ("limit/users/alice-two", "5|2026-11-30T00:00:00Z|alice-two is another one"),
                ("limit/alice", "5|2026-11-30T00:00:00Z|a budget of this name"),
                ("known/users/7", "alice=12;bob=3;"),
                ("known/users/8", "alice=;"),
                ("audit/0000000000000000001-abc", "bob|stopped 'alice' of 'users'|leak"),
                ("alert/spent/users/alice", "spent|1|0|alice has spent 80 %"),
                ("alert/spent/users/bob", "spent|1|0|bob has spent 80 %"),
            })
            {
                await ledger.WriteSettingAsync(name, value);
            }

            version = (await ledger.ReadSettingsAsync()).Version;
        }

        (int code, string output) = await RunAsync("forget", File, "--tag", "user=alice");
        Assert.Equal(0, code);
        Assert.EndsWith(", and 6 limits, stops and texts no longer name the person.", output.TrimEnd(), StringComparison.Ordinal);

        await using var forgotten = SqliteSpendLedger.Open(File);
        (long next, IReadOnlyDictionary<string, string> settings) = await forgotten.ReadSettingsAsync();
        string pseudonym = settings.Keys.Single(name => name.StartsWith("limit/users/forgotten-", StringComparison.Ordinal))["limit/users/".Length..];
        Assert.True(next > version, "services read the settings again");
        Assert.Equal(
            [
                ("alert/spent/users/bob", "spent|1|0|bob has spent 80 %"),
                ("audit/0000000000000000001-abc", $"bob|stopped '{pseudonym}' of 'users'|leak"),
                ("known/users/7", "bob=3;"),
                ("limit/alice", "5|2026-11-30T00:00:00Z|a budget of this name"),
                ("limit/users/alice-two", "5|2026-11-30T00:00:00Z|alice-two is another one"),
                ($"limit/users/{pseudonym}", $"5|2026-11-30T00:00:00Z|bob: {pseudonym} asked for more"),
                ($"stop/both/{pseudonym}/model", $"|2026-11-30T00:00:00Z|on a leak of {pseudonym}'s key"),
            ],
            settings.Select(one => (one.Key, one.Value)).OrderBy(one => one.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("limit/users/5", "5|2026|5 asked for 5", "5", "limit/users/P", "5|2026|P asked for P")]
    [InlineData("limit/users/a%40b.c", "1|2026|a@b.c, please", "a@b.c", "limit/users/P", "1|2026|P, please")]
    [InlineData("known/users/1", "a%40b.c=2;x=1;", "a@b.c", "known/users/1", "x=1;")]
    [InlineData("code/users/alice", "5|2026|", "alice", "code/users/alice", "5|2026|")]
    [InlineData("other", "alice", "alice", "other", "alice")]
    public void ASettingLosesThePersonAndKeepsAmounts(string name, string text, string value, string newName, string newText) =>
        Assert.Equal((newName, newText), SettingForgetting.Forgotten(name, text, value, "P"));

    [Fact]
    public async Task AnAdjustedAccountAddsUpAndIsForgottenWithItsAdjustments()
    {
        await FillAsync();
        await using (var ledger = SqliteSpendLedger.Open(File))
        {
            var lower = LedgerAdjustment.OfAccount(Guid.NewGuid(), "users/usd/alice", 1, -15, "bill 2026-11");
            Assert.True((await ledger.AdjustAsync(lower)).IsApplied);
            Assert.True((await ledger.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "users/usd/bob", 1, 5, "bill 2026-11"))).IsApplied);
            Assert.False((await ledger.AdjustAsync(lower)).IsApplied);
        }

        Assert.Equal((0, "everything adds up."), Ending(await RunAsync("check", File)));
        Assert.Equal(0, (await RunAsync("forget", File, "--tag", "user=alice")).Code);
        Assert.Equal((0, "everything adds up."), Ending(await RunAsync("check", File)));
        var records = SqliteSpendRecords.Open(File);
        LedgerAdjustment[] adjustments = [.. records.ReadAdjustments().Select(one => one.Adjustment)];
        Assert.Equal([-15, 5], adjustments.Select(one => one.Amounts[0]).Order());
        Assert.DoesNotContain(adjustments, one => one.Account!.Value.Account.Contains("alice", StringComparison.Ordinal));
        Assert.Equal([25, 45], records.ReadPeriods().Where(period => period.Account.StartsWith("users/usd/", StringComparison.Ordinal)).Select(period => period.Charged).Order());
    }

    [Fact]
    public async Task RetentionDeletesOldRecordsThatCountAgainstNothing()
    {
        await FillAsync(forgetAfter: DateTimeOffset.UnixEpoch.AddYears(40));
        await FillAsync(forgetAfter: DateTimeOffset.UnixEpoch.AddYears(200));

        Assert.Equal((0, "2 records deleted."), Ending(await RunAsync("retention", File, "--days", "30")));

        Assert.Equal(2, (await SqliteSpendRecords.Open(File).QueryAsync(new SpendQuery())).Single().Attempts);
        Assert.Equal(2, (await RunAsync("retention", File, "--days", "-1")).Code);
    }

    [Fact]
    public async Task SizeAndMigrateAnswerAndAMissingFileIsSaid()
    {
        await FillAsync();

        (int code, string output) = await RunAsync("size", File);
        Assert.Equal(0, code);
        Assert.Matches(@"reservations\s+2\s", output);
        Assert.Equal((0, "the format is this version's."), Ending(await RunAsync("migrate", File)));
        Assert.Equal(1, (await RunAsync("check", File + ".missing")).Code);
        Assert.Equal(2, (await RunAsync("check", "env:MEAIBUDGET_NO_SUCH_LEDGER")).Code);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        int code = await LedgerCommands.Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = output });
        return (code, output.ToString());
    }

    private static (int Code, string Ending) Ending((int Code, string Output) result) =>
        (result.Code, result.Output.TrimEnd()[(result.Output.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);

    private async Task FillAsync(DateTimeOffset? forgetAfter = null)
    {
        DateTimeOffset at = DateTimeOffset.UnixEpoch.AddYears(50);
        await using var ledger = SqliteSpendLedger.Open(File, new SqliteSpendLedgerOptions { Clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(at) });
        foreach (string user in new[] { "alice", "bob" })
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "tracker");
            await ledger.ReserveAsync(new LedgerReservation
            {
                Id = id,
                Lease = TimeSpan.FromMinutes(1),
                Lines = [.. new[] { $"users/usd/{user}", $"both/usd/{user}/model", "all/usd/" }.Select(account => new LedgerLine
                {
                    Account = account, Period = 1, FirstPeriod = 1, ForgetAfter = forgetAfter ?? at.AddYears(100), Amount = 100,
                })],
                Info = new LedgerCallInfo { At = at, ModelId = "model", Tags = new Dictionary<string, string> { ["user"] = user } },
            });
            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [40, 40, 40], Info = new LedgerSettlementInfo { At = at, Outcome = "ok" } });
        }
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of the test.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
