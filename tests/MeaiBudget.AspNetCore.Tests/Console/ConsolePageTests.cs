using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>The console in a real browser; skipped where there is none.</summary>
public sealed class ConsolePageTests
{
    private const string Text = "document.body.innerText";

    /// <summary>The questions of operators, each answered after at most two clicks from the overview.</summary>
    [Fact]
    public async Task TheTenQuestionsOfOperatorsAreAnsweredInTwoClicks()
    {
        Assert.SkipWhen(Browser.Path is null, "Chromium is not installed: apt-get install chromium.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90), TimeProvider.System);
        FakeTimeProvider time = ConsoleScene.Time();
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(ConsoleScene.Tracker(time), ConsoleApplication.Operator, time: time);
        await ConsoleScene.PlayAsync(app, time);
        var overview = new Uri(app.Address, "/console");
        await using Browser browser = await Browser.OpenAsync(overview, limit.Token);
        await browser.LookAsync(1280, 900, isDark: false, limit.Token);

        async Task<string> ReadAsync(params string[] clicks)
        {
            Assert.True(clicks.Length <= 2);
            await browser.GoAsync(overview, limit.Token);
            foreach (string click in clicks)
            {
                await browser.ClickAsync(click, limit.Token);
            }

            return await browser.EvaluateAsync(Text, limit.Token);
        }

        // Who spends most today?
        await ReadAsync();
        await browser.SaveScreenshotAsync("console-overview", limit.Token);
        string first = await browser.EvaluateAsync("document.querySelector('#spenders tr td').innerText", limit.Token);
        Assert.StartsWith("tenant-", first, StringComparison.Ordinal);

        // When will the month run out?
        string month = await browser.EvaluateAsync("[...document.querySelectorAll('#worst tr')].find(row => row.innerText.includes('Company')).innerText", limit.Token);
        Assert.Matches(@"2\d Nov \d\d:\d\d UTC", month);

        // Why was this tenant refused at 10:02?
        string refused = await ReadAsync(Tile("Refused"), "[...document.querySelectorAll('#calls tr')].find(row => row.innerText.includes('10:02') && row.innerText.includes('globex')).querySelector('a')");
        Assert.Contains("The budget 'Tenant' of 'globex' refused", refused, StringComparison.Ordinal);
        Assert.Contains("resets 1 Dec 00:00 UTC", refused, StringComparison.Ordinal);
        Assert.Contains("Grant an amount or raise the limit", refused, StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("console-refused", limit.Token);

        // What did yesterday cost by model?
        string yesterday = await ReadAsync(Link("Yesterday"));
        Assert.Contains("claude-sonnet-4-5", yesterday, StringComparison.Ordinal);
        Assert.Contains("Yesterday: $", yesterday, StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("console-yesterday", limit.Token);

        // Which keys are above 80 %?
        string near = await ReadAsync(Tile("Keys above 80 %"));
        Assert.Contains("globex", near, StringComparison.Ordinal);
        Assert.DoesNotContain("Within limit\t", near, StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("console-keys", limit.Token);

        // How much is in doubt?
        string doubt = await ReadAsync();
        Assert.Matches(@"In doubt\s+\$0\.00[1-9]", doubt);
        Assert.Contains("tenant-2", await ReadAsync(Tile("In doubt")), StringComparison.Ordinal);

        // What fell back to local, and why?
        string fell = await ReadAsync(Tile("Fell back"));
        Assert.Contains("local answered after", fell, StringComparison.Ordinal);
        Assert.Contains("RateLimited", fell, StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("console-fallback", limit.Token);

        // Is the ledger healthy?
        Assert.Matches(@"Ledger\s+Healthy", await ReadAsync());
        Assert.Contains("Healthy", await ReadAsync(Tile("Ledger")), StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("console-health", limit.Token);

        // Stop a tenant.
        await ReadAsync($"document.querySelector('#spenders tr .actions a')");
        await browser.SaveScreenshotAsync("console-stop", limit.Token);
        await ReadAsync($"document.querySelector('#spenders tr .actions a')", "document.querySelector('main form button')");
        Assert.True((await app.Tracker.GetStatusAsync("Tenant", first, limit.Token)).IsStopped);

        // Stop one that is not among those that spend most, and see why it was refused.
        await ReadAsync(Key("tenant-10", "Stop"), "document.querySelector('main form button')");
        Assert.True((await app.Tracker.GetStatusAsync("Tenant", "tenant-10", limit.Token)).IsStopped);
        string known = await ReadAsync(Key("globex", "Calls"), "[...document.querySelectorAll('#calls tr')].find(row => row.innerText.includes('Refused')).querySelector('a')");
        Assert.Contains("The budget 'Tenant' of 'globex' refused", known, StringComparison.Ordinal);
        Assert.Contains("tenant-10", await ReadAsync(Key("tenant-10", "Find")), StringComparison.Ordinal);

        // Give a tenant $5 until midnight.
        await ReadAsync($"document.querySelectorAll('#spenders tr .actions a')[1]", "document.querySelector('main form button')");
        Assert.Equal(5m, (await app.Tracker.GetStatusAsync("Tenant", first, limit.Token)).Granted);
        await ReadAsync(Link("Health"));
        await browser.SaveScreenshotAsync("console-health", limit.Token);
        Assert.Contains("granted $5.00 to Tenant of " + first + " until 21 Nov 00:00 UTC", await ReadAsync(Link("Health")), StringComparison.Ordinal);
        Assert.Equal("0", await browser.EvaluateAsync("performance.getEntriesByType('resource').filter(entry => new URL(entry.name).host !== location.host).length", limit.Token));
        Assert.DoesNotContain("nobody may see", await browser.EvaluateAsync("document.documentElement.outerHTML", limit.Token), StringComparison.Ordinal);

        await browser.GoAsync(new Uri(app.Address, "/console/budgets"), limit.Token);
        await browser.SaveScreenshotAsync("console-budgets", limit.Token);
        await browser.GoAsync(new Uri(app.Address, "/console/calls"), limit.Token);
        await browser.SaveScreenshotAsync("console-calls", limit.Token);
        await browser.LookAsync(1280, 900, isDark: true, limit.Token);
        await browser.GoAsync(overview, limit.Token);
        await browser.SaveScreenshotAsync("console-dark", limit.Token);
        await browser.LookAsync(390, 844, isDark: false, limit.Token);
        await browser.GoAsync(overview, limit.Token);
        Assert.Equal("True", await browser.EvaluateAsync("document.documentElement.scrollWidth <= 390", limit.Token));
        await browser.SaveScreenshotAsync("console-phone", limit.Token);
    }

    [Fact]
    public async Task OpenPagesFollowWhatHappensAndRunNoForeignScript()
    {
        Assert.SkipWhen(Browser.Path is null, "Chromium is not installed: apt-get install chromium.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90), TimeProvider.System);
        const string Hostile = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";
        var tracker = new CostTracker(
            [Budget.Daily("All calls", 20m), Budget.Monthly("Tenant", 2m).PerTag("tenant") with { Enforcement = Enforcement.Warn }], ledger: new InMemorySpendLedger { KeepsRecords = true });
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker, ConsoleApplication.Operator);
        await using Browser browser = await Browser.OpenAsync(new Uri(app.Address, "/console"), limit.Token);
        await browser.LookAsync(1280, 900, isDark: false, limit.Token);
        await browser.UntilAsync("document.getElementById('live').innerText === 'Live'", limit.Token);
        Assert.Contains("Nothing was spent in this time.", await browser.EvaluateAsync(Text, limit.Token), StringComparison.Ordinal);
        await browser.SaveScreenshotAsync("console-empty", limit.Token);

        await app.CallAsync("gpt-4o-mini", 4_000_000, 1_200_000, "acme");
        await app.CallAsync("gpt-4o", 400_000, 20_000, Hostile);
        await browser.UntilAsync("document.querySelectorAll('#spenders tr').length === 2 && document.body.innerText.includes('$1.32')", limit.Token);
        Assert.Equal("undefined", await browser.EvaluateAsync("typeof window.hacked", limit.Token));
        Assert.Equal("0", await browser.EvaluateAsync("document.querySelectorAll('main img, main script').length", limit.Token));
        Assert.Equal("1", await browser.EvaluateAsync("document.querySelectorAll('#spenders').length", limit.Token));

        // The first stop of the keyboard skips to the content.
        Assert.Equal("Skip to content", await browser.EvaluateAsync("document.querySelector('a').innerText", limit.Token));
    }

    /// <summary>Writes a key into the form of the overview; the click on a button of it follows.</summary>
    private static string Key(string key, string button) =>
        $"(() => {{ const form = document.querySelector('form.find'); form.elements.key.value = '{key}'; return [...form.querySelectorAll('button')].find(one => one.innerText === '{button}'); }})()";

    private static string Tile(string label) => $"[...document.querySelectorAll('a.tile')].find(tile => tile.querySelector('.label').innerText === '{label}')";

    private static string Link(string text) => $"[...document.querySelectorAll('a')].find(link => link.innerText === '{text}')";
}
