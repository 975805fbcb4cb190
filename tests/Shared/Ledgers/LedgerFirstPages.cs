using System.Diagnostics;
using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>The first pages of the accounts <c>tenants/usd/0</c>, <c>tenants/usd/1</c> and so on, each of which was charged its own number.</summary>
internal static class LedgerFirstPages
{
    /// <summary>The number of accounts; <c>MEAIBUDGET_PAGE_ACCOUNTS</c> sets it for a long run.</summary>
    public static int Accounts { get; } = int.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_PAGE_ACCOUNTS") ?? "3000", CultureInfo.InvariantCulture);

    /// <summary>Reads the first page by spend and by name, and writes how long the second read of each took.</summary>
    public static async Task CheckAsync(ISpendLedger ledger, string server)
    {
        foreach (bool isByCharged in (bool[])[true, false])
        {
            var query = new LedgerAccountQuery("tenants/usd/", 1, 1);
            await ledger.ReadPageAsync(query, "", isByCharged, null, 50, TestContext.Current.CancellationToken);
            long started = Stopwatch.GetTimestamp();
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await ledger.ReadPageAsync(query, "", isByCharged, null, 50, TestContext.Current.CancellationToken);
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{server}, {Accounts} accounts, by {(isByCharged ? "spend" : "name")}: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F1} ms"));
            Assert.Equal(50, page.Count);
            Assert.Equal(isByCharged ? $"tenants/usd/{Accounts - 1}" : "tenants/usd/1", page[0].Key);
            Assert.Equal(isByCharged ? Accounts - 1 : 1, page[0].Value.Charged);
        }
    }
}
