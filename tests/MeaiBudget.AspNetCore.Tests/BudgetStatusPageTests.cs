namespace MeaiBudget.Tests;

/// <summary>The page in a real browser; skipped where there is none.</summary>
public class BudgetStatusPageTests
{
    [Fact]
    public async Task ThePageRendersUpdatesWhenMoneyIsSpentAndRunsNoForeignScript()
    {
        Assert.SkipWhen(Browser.Path is null, "Chromium is not installed: apt-get install chromium.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90), TimeProvider.System);
        const string Hostile = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";
        var tracker = new CostTracker(
            Budget.Daily("All calls", 20m),
            Budget.Monthly("Company", 400m),
            Budget.Hourly("Burst", null) with { Enforcement = Enforcement.Observe },
            Budget.Daily("Tenant", 2m).PerTag("tenant") with { Enforcement = Enforcement.Warn });
        await using StatusApplication app = await StatusApplication.StartAsync(tracker);
        await using Browser browser = await Browser.OpenAsync(new Uri(app.Address, "/budgets"), limit.Token);

        await browser.UntilAsync("document.querySelectorAll('#budgets .card').length === 3", limit.Token);
        Assert.Contains("Nothing was spent today.", await browser.EvaluateAsync("document.body.innerText", limit.Token), StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("empty", limit.Token);

        await app.SpendAsync("gpt-4o-mini", 4_000_000, 1_200_000, "acme");
        await browser.UntilAsync("document.body.innerText.includes('$1.32')", limit.Token);
        await app.SpendAsync("gpt-4o", 900_000, 120_000, Hostile);
        await browser.UntilAsync("document.body.innerText.includes('window.hacked=1')", limit.Token);
        Assert.Equal("undefined", await browser.EvaluateAsync("typeof window.hacked", limit.Token));
        Assert.Equal("0", await browser.EvaluateAsync("document.querySelectorAll('main img, main script').length", limit.Token));
        Assert.DoesNotContain("nobody may see", await browser.EvaluateAsync("document.documentElement.outerHTML", limit.Token), StringComparison.Ordinal);
        await app.SpendAsync("claude-sonnet-4-5", 1_100_000, 90_000, "globex");
        await browser.UntilAsync("document.querySelectorAll('#calls tbody tr').length === 3", limit.Token);
        await browser.SaveScreenshotAsync("busy", limit.Token);

        await app.SpendAsync("claude-sonnet-4-5", 3_000_000, 300_000, "acme");
        await browser.UntilAsync("document.querySelector('.badge').classList.contains('over')", limit.Token);
        await browser.SaveScreenshotAsync("over-budget", limit.Token);
    }
}
