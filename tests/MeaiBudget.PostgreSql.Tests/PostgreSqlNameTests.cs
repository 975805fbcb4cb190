namespace MeaiBudget.Tests;

/// <summary>Accounts of any name are charged, found by their prefix, and paged in one order.</summary>
public class PostgreSqlNameTests
{
    private static readonly string[] Names =
    [
        "", "a", "a\0", "a\0b", "a\uD800", "a\uDC00x", "a\uD83D\uDE00", "a\uD7FF", "a\uD7FFz", "a\uE000", "a\uFFFF", "a\U0010FFFF", "a\U0010FFFFz", "a~0000", "a b", "a\tb", "a'b", "a\\b",
        "a%_", "\u00E9", "e\u0301", "\u202Eabc", "\U0010FFFF", "\U0010FFFF\U0010FFFF", "ab" + new string('c', 10_000), "ab" + new string('c', 10_000) + "d",
        "ab" + new string('c', 498), "ab" + new string('c', 498) + "\U0001F600", "ab" + string.Concat(Enumerable.Repeat("\U0001F600", 3_000)),
    ];

    private static readonly string[] Prefixes = ["", "a", "a\0", "a\uD7FF", "a\U0010FFFF", "\U0010FFFF", "ab", "ab" + new string('c', 498), "ab" + new string('c', 10_000), "ab\U0001F600", "none", "a~"];

    [Fact]
    public async Task AccountsOfAnyNameAreChargedFoundAndPaged()
    {
        await using var store = new PostgreSqlLedgerStore(PostgreSqlServer.Get().ConnectionString);
        await using var ledger = (PostgreSqlSpendLedger)await store.OpenAsync();
        await Task.WhenAll(Names.Select(async (name, i) =>
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, name);
            await ledger.ReserveAsync(new LedgerReservation
            {
                Id = id,
                Lease = TimeSpan.FromMinutes(5),
                Lines = [new LedgerLine { Account = name, Period = 1, FirstPeriod = 1, ForgetAfter = store.Clock.GetUtcNow().AddDays(1), Amount = 1, Limit = 100 }],
            });
            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1 + (i % 5)] });
        }));

        for (int i = 0; i < Names.Length; i++)
        {
            Assert.Equal(1 + (i % 5), (await ledger.ReadAsync([new LedgerAccountQuery(Names[i], 1, 1)], TestContext.Current.CancellationToken))[0].Charged);
        }

        foreach (string prefix in Prefixes)
        {
            string[] expected = [.. Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(Comparer<string>.Create(LedgerAccountName.Compare))];
            Assert.Equal(expected, await PagesAsync(ledger, prefix, isByCharged: false));
            Assert.Equal(
                expected.OrderByDescending(name => Array.IndexOf(Names, name) % 5).ThenBy(name => name, Comparer<string>.Create(LedgerAccountName.Compare)),
                await PagesAsync(ledger, prefix, isByCharged: true));
        }
    }

    private static async Task<List<string>> PagesAsync(PostgreSqlSpendLedger ledger, string prefix, bool isByCharged)
    {
        var found = new List<string>();
        KeyValuePair<string, LedgerLineState>? last = null;
        while (true)
        {
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await ledger.ReadPageAsync(new LedgerAccountQuery(prefix, 1, 1), "", isByCharged, last, 3, TestContext.Current.CancellationToken);
            found.AddRange(page.Select(one => one.Key));
            if (page.Count == 0)
            {
                return found;
            }

            last = page[^1];
        }
    }
}
