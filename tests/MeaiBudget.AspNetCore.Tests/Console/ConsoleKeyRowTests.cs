namespace MeaiBudget.Tests;

/// <summary>The rows of the keys of a divided budget.</summary>
public sealed class ConsoleKeyRowTests
{
    private const int LargestPage = 50 * 1024;

    [Fact]
    public async Task TheFirstPageOfKeysAsLongAsIdsStaysSmall()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        for (int i = 0; i < 60; i++)
        {
            await app.CallAsync("gpt-4o-mini", 1_000, 100, new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString());
        }

        string page = await PageAsync(app, "/console/keys?budget=tenant");

        Assert.Contains("Page 1 of 2, 60 keys", page, StringComparison.Ordinal);
        Assert.True(page.Length < LargestPage, $"{page.Length} bytes");
    }

    [Fact]
    public async Task CallsWithoutTheTagHaveNoActionThatWouldStopAllKeys()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        await app.CallAsync("gpt-4o-mini", 1_000, 100, "acme");
        await app.CallAsync("gpt-4o-mini", 1_000, 100, "");

        string page = await PageAsync(app, "/console/keys?budget=tenant");
        string[] rows = [.. page.Split("<tr").Where(row => row.Contains("<td class=\"long\"", StringComparison.Ordinal))];

        string unnamed = Assert.Single(rows, row => row.Contains("(none)", StringComparison.Ordinal));
        Assert.DoesNotContain("<a ", unnamed, StringComparison.Ordinal);
        string named = Assert.Single(rows, row => row.Contains("<bdi>acme</bdi>", StringComparison.Ordinal));
        Assert.Contains("role=\"group\" aria-label=\"acme\"", named, StringComparison.Ordinal);
        Assert.DoesNotContain("aria-label=\"\"", page, StringComparison.Ordinal);
    }

    private static CostTracker Tracker() => new([Budget.Monthly("tenant", 2m).PerTag("tenant")], ledger: new InMemorySpendLedger { KeepsRecords = true });

    private static async Task<string> PageAsync(ConsoleApplication app, string path)
    {
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        return await client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
    }
}
