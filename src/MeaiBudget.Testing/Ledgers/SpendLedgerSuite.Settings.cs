namespace MeaiBudget.Testing;

/// <content>Cases of shared settings and of accounts read in pages.</content>
public static partial class SpendLedgerSuite
{
    private static readonly Func<SpendLedgerCase, Task>[] Settings =
    [
        ASettingIsStoredAndRemoved,
        AReservationFollowsTheSettings,
        AllLedgersOfAStoreShareTheSettings,
        PagesHoldEachAccountOnce,
        PagesAreOrderedByCharge,
        PagesByChargeHoldTheAccountWithoutAKey,
        PagesAreFiltered,
        PagesLeaveOutOtherPeriods,
        PagesAddUpRollingPeriods,
        AGrantIsAppliedOnceAlsoAfterItEnded,
    ];

    private static async Task<bool> HasSettingsAsync(SpendLedgerCase one)
    {
        try
        {
            await one.Ledger.WriteSettingAsync("probe", "1");
            await one.Ledger.WriteSettingAsync("probe", null);
            return true;
        }
        catch (NotSupportedException)
        {
            // A ledger need not support settings.
            SpendLedgerCase.Equal(0, (await one.Ledger.ReadSettingsAsync()).Version, "The version of a ledger without settings");
            return false;
        }
    }

    private static async Task ASettingIsStoredAndRemoved(SpendLedgerCase one)
    {
        SpendLedgerCase.Equal(0, (await one.Ledger.ReadSettingsAsync()).Settings.Count, "The settings of a new ledger");
        if (!await HasSettingsAsync(one))
        {
            return;
        }

        string[] names = ["limit/a b", "limit/A B", " ", "\0", "租户🏢", "a|b", "'; DROP TABLE settings; --", new string('x', 1000)];
        long version = (await one.Ledger.ReadSettingsAsync()).Version;
        foreach (string name in names)
        {
            long next = await one.Ledger.WriteSettingAsync(name, $"value of\n{name[..1]}");
            SpendLedgerCase.True(next > version, "each change raises the version");
            SpendLedgerCase.Equal(next, await one.Ledger.WriteSettingAsync(name, $"value of\n{name[..1]}"), "The version after the same value again");
            version = next;
        }

        (long read, IReadOnlyDictionary<string, string> settings) = await one.Ledger.ReadSettingsAsync();
        SpendLedgerCase.Equal(version, read, "The version that is read");
        SpendLedgerCase.Equal(names.Length, settings.Count, "The number of settings");
        SpendLedgerCase.True(names.All(name => settings[name] == $"value of\n{name[..1]}"), "each setting has its own value");
        SpendLedgerCase.True(await one.Ledger.WriteSettingAsync(names[0], null) > version, "removing a setting raises the version");
        SpendLedgerCase.True(!(await one.Ledger.ReadSettingsAsync()).Settings.ContainsKey(names[0]), "a removed setting is gone");
        await SpendLedgerCase.Throws<ArgumentException>(async () => await one.Ledger.WriteSettingAsync("", "1"), "A setting without a name");
        await SpendLedgerCase.Throws<ArgumentException>(async () => await one.Ledger.WriteSettingAsync("long", new string('x', 1001)), "A value of 1,001 characters");
    }

    private static async Task AReservationFollowsTheSettings(SpendLedgerCase one)
    {
        if (!await HasSettingsAsync(one))
        {
            return;
        }

        long version = (await one.Ledger.ReadSettingsAsync()).Version;
        var reservation = new LedgerReservation { Id = SpendLedgerCase.NewId(), Lines = [one.Line("day", 60, 100)], Lease = SpendLedgerCase.Lease, SettingsVersion = version };
        await one.Ledger.WriteSettingAsync("limit", "1");
        LedgerReservationResult result = await one.Ledger.ReserveAsync(reservation);
        SpendLedgerCase.Equal((false, true), (result.IsAdmitted, result.SettingsChanged), "Admitted and changed, for a reservation with the old version");
        await one.ExpectAsync("day");
        version = (await one.Ledger.ReadSettingsAsync()).Version;
        result = await one.Ledger.ReserveAsync(reservation with { SettingsVersion = version });
        SpendLedgerCase.Equal((true, false), (result.IsAdmitted, result.SettingsChanged), "Admitted and changed, for a reservation with the new version");
        await one.Ledger.WriteSettingAsync("limit", null);
        SpendLedgerCase.Equal(true, await one.SettleAsync(reservation.Id, 20), "Settling after another change");
        SpendLedgerCase.Equal(true, (await one.ReserveAsync(SpendLedgerCase.NewId(), one.Line("day", 1, 100))).IsAdmitted, "A reservation without a version");
        await one.ExpectAsync("day", charged: 20, held: 1);
    }

    private static async Task AllLedgersOfAStoreShareTheSettings(SpendLedgerCase one)
    {
        if (!one.Store.IsShared || !await HasSettingsAsync(one))
        {
            return;
        }

        ISpendLedger second = await one.OpenAnotherAsync();
        long version = await second.WriteSettingAsync("limit", "5");
        (long read, IReadOnlyDictionary<string, string> settings) = await one.Ledger.ReadSettingsAsync();
        SpendLedgerCase.Equal(version, read, "The version in the first ledger");
        SpendLedgerCase.Equal("5", settings["limit"], "The setting in the first ledger");
    }

    private static async Task<List<string>> ReadPagesAsync(SpendLedgerCase one, string prefix, string contains, bool isByCharged, int count, long? first = null)
    {
        var all = new List<string>();
        KeyValuePair<string, LedgerLineState>? after = null;
        while (true)
        {
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await one.Ledger.ReadPageAsync(
                new LedgerAccountQuery(prefix, first ?? SpendLedgerCase.Day, SpendLedgerCase.Day), contains, isByCharged, after, count);
            SpendLedgerCase.True(page.Count <= count, "a page holds no more accounts than wanted");
            all.AddRange(page.Select(account => $"{account.Key}={account.Value.Charged}"));
            if (page.Count < count)
            {
                return all;
            }

            after = page[^1];
        }
    }

    private static async Task SpendAsync(SpendLedgerCase one, string account, long amount, long period = SpendLedgerCase.Day) =>
        await one.SettleAsync(await one.AdmitAsync(one.Line(account, amount, period: period)), amount);

    private static async Task PagesHoldEachAccountOnce(SpendLedgerCase one)
    {
        for (int i = 0; i < 23; i++)
        {
            await SpendAsync(one, $"tenant/{i % 7} {i}", i + 1);
        }

        await SpendAsync(one, "tenan", 5);
        await SpendAsync(one, "tenantx", 5);
        string[] expected = [.. Enumerable.Range(0, 23).Select(i => $"tenant/{i % 7} {i}={i + 1}").Order(StringComparer.Ordinal)];
        foreach (int count in new[] { 1, 5, 23, 100 })
        {
            SpendLedgerCase.True(expected.SequenceEqual((await ReadPagesAsync(one, "tenant/", "", false, count)).Order(StringComparer.Ordinal)), $"pages of {count} hold each account once");
            SpendLedgerCase.True(expected.SequenceEqual((await ReadPagesAsync(one, "tenant/", "", true, count)).Order(StringComparer.Ordinal)), $"pages of {count} by charge hold each account once");
        }

        SpendLedgerCase.Equal(25, (await ReadPagesAsync(one, "", "", false, 10)).Count, "All accounts");
        await SpendLedgerCase.Throws<ArgumentException>(() => ReadPagesAsync(one, "", "", false, 0), "A page of nothing");
        await SpendLedgerCase.Throws<ArgumentException>(() => ReadPagesAsync(one, "", "", false, 10_001), "A page of more than 10,000 accounts");
    }

    private static async Task PagesByChargeHoldTheAccountWithoutAKey(SpendLedgerCase one)
    {
        await SpendAsync(one, "day/usd/", 5);
        await SpendAsync(one, "day/usd/a", 7);
        await SpendAsync(one, "day/usd/b", 3);
        foreach (int count in new[] { 1, 2, 3, 10 })
        {
            List<string> found = await ReadPagesAsync(one, "day/usd/", "", true, count);
            SpendLedgerCase.Equal("day/usd/a=7, day/usd/=5, day/usd/b=3", string.Join(", ", found), $"Pages of {count} by charge");
        }

        SpendLedgerCase.Equal("day/usd/a=7", string.Join(", ", await ReadPagesAsync(one, "day/usd/", "a", true, 10)), "Accounts with 'a' behind the prefix");
    }

    private static async Task PagesAreOrderedByCharge(SpendLedgerCase one)
    {
        long[] amounts = [5, 1L << 60, 7, 7, (1L << 60) + 1, 7, 1];
        for (int i = 0; i < amounts.Length; i++)
        {
            await SpendAsync(one, $"t/{i}", amounts[i]);
        }

        string[] expected = ["4", "1", "7", "7", "7", "5", "1"];
        foreach (int count in new[] { 1, 2, 3, 7, 8 })
        {
            List<string> found = await ReadPagesAsync(one, "t/", "", true, count);
            SpendLedgerCase.True(found.Count == 7 && found[0].StartsWith("t/4=", StringComparison.Ordinal) && found[1].StartsWith("t/1=", StringComparison.Ordinal), $"pages of {count} begin with the largest charges");
            SpendLedgerCase.True(expected.Skip(2).SequenceEqual(found.Skip(2).Select(line => line.Split('=')[1])), $"pages of {count} are ordered by charge");
        }
    }

    private static async Task PagesAreFiltered(SpendLedgerCase one)
    {
        foreach (string key in new[] { "acme/a b", "acme/B", "umbrella", "*", "x[acme]", "été" })
        {
            await SpendAsync(one, $"tenant/{key}", 3);
        }

        async Task<string> FindAsync(string contains, bool isByCharged) => string.Join(", ", (await ReadPagesAsync(one, "tenant/", contains, isByCharged, 2)).Order(StringComparer.Ordinal));
        foreach (bool isByCharged in new[] { false, true })
        {
            SpendLedgerCase.Equal("tenant/acme/B=3, tenant/acme/a b=3, tenant/x[acme]=3", await FindAsync("acme", isByCharged), "Accounts that contain 'acme'");
            SpendLedgerCase.Equal("tenant/*=3", await FindAsync("*", isByCharged), "Accounts that contain '*'");
            SpendLedgerCase.Equal("tenant/acme/a b=3", await FindAsync("a b", isByCharged), "Accounts that contain a space");
            SpendLedgerCase.Equal("tenant/été=3", await FindAsync("té", isByCharged), "Accounts that contain a letter outside ASCII");
            SpendLedgerCase.Equal("", await FindAsync("tenant", isByCharged), "Accounts whose name contains the text in the prefix only");
        }
    }

    private static async Task PagesLeaveOutOtherPeriods(SpendLedgerCase one)
    {
        await SpendAsync(one, "t/old", 5, SpendLedgerCase.Day - 1);
        await SpendAsync(one, "t/both", 5, SpendLedgerCase.Day - 1);
        await SpendAsync(one, "t/both", 2);
        await SpendAsync(one, "t/free", 0);
        await one.AdmitAsync(one.Line("t/held", 4));
        foreach (bool isByCharged in new[] { false, true })
        {
            SpendLedgerCase.Equal("t/both=2, t/held=0", string.Join(", ", await ReadPagesAsync(one, "t/", "", isByCharged, 10)), "The accounts of the period");
        }
    }

    private static async Task PagesAddUpRollingPeriods(SpendLedgerCase one)
    {
        for (int i = 0; i < 5; i++)
        {
            await SpendAsync(one, $"t/{i % 2}", 1 + i, SpendLedgerCase.Day - (i * 10));
        }

        foreach (bool isByCharged in new[] { false, true })
        {
            List<string> found = await ReadPagesAsync(one, "t/", "", isByCharged, 1, first: SpendLedgerCase.Day - 30);
            SpendLedgerCase.Equal("t/0=4, t/1=6", string.Join(", ", found.Order(StringComparer.Ordinal)), "The sums of the rolling periods");
        }
    }

    private static async Task AGrantIsAppliedOnceAlsoAfterItEnded(SpendLedgerCase one)
    {
        var grant = new LedgerGrant { Id = Guid.NewGuid(), Account = "day", Amount = 10, ExpiresAt = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromHours(1), Reason = "suite" };
        SpendLedgerCase.Equal(true, await one.Ledger.GrantAsync(grant), "The grant");
        one.Store.Advance(TimeSpan.FromHours(2));
        SpendLedgerCase.Equal(false, await one.Ledger.GrantAsync(grant), "The grant repeated after it ended");
        SpendLedgerCase.Equal(true, await one.Ledger.GrantAsync(grant with { Id = Guid.NewGuid(), ExpiresAt = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromDays(9) }), "Another grant");
        DateTimeOffset later = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromDays(3);
        SpendLedgerCase.Equal(false, await one.Ledger.GrantAsync(grant with { ExpiresAt = later }), "The ended grant with a later end");
        SpendLedgerCase.Equal(false, await one.Ledger.GrantAsync(grant with { Account = "other", ExpiresAt = later }), "The ended grant for another account");
        await one.ExpectAsync("day", granted: 10);
        await one.ExpectAsync("other");
        one.Store.Advance(TimeSpan.FromDays(5));
        for (int i = 0; i < 20; i++)
        {
            await one.Ledger.ReadAsync([]);
        }

        SpendLedgerCase.Equal(false, await one.Ledger.GrantAsync(grant with { ExpiresAt = one.Ledger.Clock.GetUtcNow() + TimeSpan.FromDays(1) }), "The ended grant after days");
        await one.ExpectAsync("day", granted: 10);
    }
}
