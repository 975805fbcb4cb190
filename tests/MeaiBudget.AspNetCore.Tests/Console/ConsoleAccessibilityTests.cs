using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>The pages on a phone, by keyboard, and for readers who need contrast, in a real browser; skipped where there is none.</summary>
public sealed class ConsoleAccessibilityTests
{
    /// <summary>
    /// The contrast of each text with what is behind it, by the formulas of WCAG 2: texts below 4.5 (3 from 24 pixels, or 18.66 bold). Colours
    /// are read back from a canvas, because style sheets may mix them.
    /// </summary>
    private const string LowContrast = """
        (() => {
          const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
          const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
          const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
          const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
          const behind = element => {
            const layers = [];
            for (let e = element; e; e = e.parentElement) layers.unshift(rgba(getComputedStyle(e).backgroundColor));
            return layers.reduce((under, top) => over(top, under), [255, 255, 255, 1]);
          };
          const low = new Set();
          let texts = 0;
          for (const element of document.querySelectorAll('body *')) {
            const style = getComputedStyle(element);
            const isInput = element.matches('input:not([type=hidden])');
            const text = isInput ? element.value || element.placeholder : [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join('');
            if (!text || style.visibility === 'hidden' || !element.getClientRects().length) continue;
            texts++;
            const isSvg = element instanceof SVGElement;
            const background = behind(element);
            const colour = over(rgba(isSvg ? style.fill : style.color), background);
            const size = parseFloat(style.fontSize);
            const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
            if (ratio(colour, background) < least) low.add(`${element.tagName}.${element.className.baseVal ?? element.className} '${text.slice(0, 20)}' ${ratio(colour, background).toFixed(2)}`);
            if (isInput && ratio(over(rgba(style.borderTopColor), background), behind(element.parentElement)) < 3) low.add(`border of ${element.name}`);
          }
          return JSON.stringify({ texts, low: [...low] });
        })()
        """;

    /// <summary>The elements that make the page wider than the window.</summary>
    private const string Wide = """
        JSON.stringify(document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
          .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.panel > *') && getComputedStyle(e).position !== 'absolute').map(e => e.tagName + '.' + e.className).slice(0, 5).concat(['' + document.documentElement.scrollWidth]))
        """;

    /// <summary>What must be scrolled sideways, text that is cut, and cells of which a phone does not say what they are.</summary>
    private const string Hidden = """
        JSON.stringify([...document.querySelectorAll('main *')].filter(e => e.clientWidth > 1 && !e.closest('.away') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible' && !e.matches('input'))
          .map(e => e.tagName + '.' + e.className + ' ' + e.innerText.slice(0, 30))
          .concat(innerWidth > 900 ? [] : [...document.querySelectorAll('tbody td:not(:first-child)')].filter(e => e.getClientRects().length && !e.dataset.label && !e.querySelector('.badge, .actions')).map(e => 'no label: ' + e.innerText)))
        """;

    /// <summary>What can be scrolled and cannot be reached by keyboard.</summary>
    private const string Unreachable = """
        JSON.stringify([...document.querySelectorAll('body *')].filter(e => e.scrollWidth > e.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0).map(e => e.tagName + '.' + e.className))
        """;

    [Fact]
    public async Task EveryPageHasContrastAndFitsAPhoneInLightAndDark()
    {
        Assert.SkipWhen(Browser.Path is null, "Chromium is not installed: apt-get install chromium.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(180), TimeProvider.System);
        FakeTimeProvider time = ConsoleScene.Time();
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(ConsoleScene.Tracker(time), ConsoleApplication.Operator, time: time);
        await ConsoleScene.PlayAsync(app, time);
        await app.Tracker.StopAsync("Tenant", "tenant-1", "test", limit.Token);
        await app.Tracker.SpendAsync("claude-3-7-sonnet-20250219", 1_000_000, 10_000, ConsoleScene.Tags("customer-" + new string('x', 60)), limit.Token);
        SpendRecord refused = (await ((ISpendHistory)app.Tracker.Ledger).ReadCallsAsync(new SpendQuery { Where = new Dictionary<string, string> { ["outcome"] = "refused" }, Take = 1 }, limit.Token))[0];
        string call = $"/call?id={refused.Id!.Value.CallId:D}";
        string[] pages = ["", "?range=30d&by=tag:tenant", "/budgets", "/keys?budget=Tenant", "/calls?show=refused", "/calls?key=globex&budget=Tenant&show=all", call, "/health", "/change?do=grant&tracker=0&budget=Tenant&key=tenant-1", "/change?do=adjust&call=" + refused.Id.Value.CallId + "&attempt=1", "/nothing"];
        await using Browser browser = await Browser.OpenAsync(new Uri(app.Address, "/console"), limit.Token);
        var problems = new List<string>();
        foreach (bool isDark in (bool[])[false, true])
        {
            await browser.LookAsync(360, 780, isDark, limit.Token);
            foreach (string page in pages)
            {
                await browser.GoAsync(new Uri(app.Address, "/console" + page), limit.Token);
                await browser.EvaluateAsync("document.querySelectorAll('details').forEach(details => details.open = true)", limit.Token);
                using var contrast = JsonDocument.Parse(await browser.EvaluateAsync(LowContrast, limit.Token));
                Assert.True(contrast.RootElement.GetProperty("texts").GetInt32() > 6, page);
                problems.AddRange(contrast.RootElement.GetProperty("low").EnumerateArray().Select(low => $"{page} {(isDark ? "dark" : "light")}: {low}"));
                foreach ((string kind, string script) in ((string, string)[])[("wider than the phone", Wide), ("not reachable by keyboard", Unreachable), ("hidden on the phone", Hidden)])
                {
                    string found = await browser.EvaluateAsync(script, limit.Token);
                    if (found != "[]")
                    {
                        problems.Add($"{page} {kind}: {found}");
                    }
                }

                await browser.SaveScreenshotAsync($"phone-{(isDark ? "dark" : "light")}-{Array.IndexOf(pages, page)}", limit.Token);
            }
        }

        foreach ((int width, string device) in ((int, string)[])[(768, "tablet"), (1280, "desktop")])
        {
            await browser.LookAsync(width, 900, isDark: false, limit.Token);
            foreach (string page in pages)
            {
                await browser.GoAsync(new Uri(app.Address, "/console" + page), limit.Token);
                string hidden = await browser.EvaluateAsync(Hidden, limit.Token);
                if (hidden != "[]")
                {
                    problems.Add($"{page} hidden on the {device}: {hidden}");
                }

                await browser.SaveScreenshotAsync($"{device}-{Array.IndexOf(pages, page)}", limit.Token);
            }
        }

        // The check finds what is too pale.
        await browser.EvaluateAsync("document.querySelector('h1').style.color = '#777'", limit.Token);
        Assert.Contains("H1", await browser.EvaluateAsync(LowContrast, limit.Token), StringComparison.Ordinal);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public async Task ATenantIsStoppedByKeyboardAlone()
    {
        Assert.SkipWhen(Browser.Path is null, "Chromium is not installed: apt-get install chromium.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120), TimeProvider.System);
        var tracker = new CostTracker([Budget.Monthly("Tenant", 2m).PerTag("tenant")], ledger: new InMemorySpendLedger { KeepsRecords = true });
        await tracker.SpendAsync("gpt-4o-mini", 1_000_000, 10, ConsoleScene.Tags("acme"), limit.Token);
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker, ConsoleApplication.Operator);
        await using Browser browser = await Browser.OpenAsync(new Uri(app.Address, "/console"), limit.Token);
        await browser.UntilAsync("document.readyState === 'complete' && document.getElementById('live') !== null", limit.Token);

        await browser.PressAsync("Tab", limit.Token);
        Assert.Equal("Skip to content", await browser.EvaluateAsync("document.activeElement.innerText", limit.Token));
        Assert.Equal("True", await browser.EvaluateAsync("document.activeElement.getBoundingClientRect().left >= 0", limit.Token));
        await TabToAsync(browser, "document.activeElement.innerText === 'Stop' && document.activeElement.closest('[role=group]')?.getAttribute('aria-label') === 'acme'", limit.Token);
        await browser.EvaluateAsync("window.left = true", limit.Token);
        await browser.PressAsync("Enter", limit.Token);
        await browser.UntilAsync("!window.left && document.readyState === 'complete' && document.querySelector('form button') !== null", limit.Token);
        await TabToAsync(browser, "document.activeElement.matches('button.primary')", limit.Token);
        await browser.EvaluateAsync("window.left = true", limit.Token);
        await browser.PressAsync("Enter", limit.Token);
        await browser.UntilAsync("!window.left && document.readyState === 'complete'", limit.Token);
        Assert.True((await tracker.GetStatusAsync("Tenant", "acme", limit.Token)).IsStopped);
    }

    [Fact]
    public async Task R1_TenThousandTenantsAreFiftyRowsInABrowser()
    {
        Assert.SkipWhen(Browser.Path is null, "Chromium is not installed: apt-get install chromium.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120), TimeProvider.System);
        var tracker = new CostTracker([Budget.Monthly("Tenant", 2m).PerTag("tenant") with { Enforcement = Enforcement.Warn }], ledger: new InMemorySpendLedger { KeepsRecords = true });
        for (int i = 0; i < 10_000; i++)
        {
            await tracker.SpendAsync("gpt-4o-mini", 1_000 + (i * 1_200), 10, ConsoleScene.Tags($"tenant-{i:00000}"), limit.Token);
        }

        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker, ConsoleApplication.Operator);
        await using Browser browser = await Browser.OpenAsync(new Uri(app.Address, "/console/keys?budget=Tenant"), limit.Token);
        await browser.LookAsync(1280, 900, isDark: false, limit.Token);
        await browser.UntilAsync("document.readyState === 'complete' && document.body.innerText.includes('10,000 keys')", limit.Token);
        Assert.Equal("50", await browser.EvaluateAsync("document.querySelectorAll('#keys tr').length", limit.Token));
        Assert.Equal("True", await browser.EvaluateAsync("document.querySelectorAll('*').length < 2500", limit.Token));
        await browser.SaveScreenshotAsync("console-many", limit.Token);
        await browser.GoAsync(new Uri(app.Address, "/console"), limit.Token);
        await browser.SaveScreenshotAsync("console-many-overview", limit.Token);
    }

    private static async Task TabToAsync(Browser browser, string isReached, CancellationToken cancellationToken)
    {
        for (int presses = 0; await browser.EvaluateAsync(isReached, cancellationToken) != "True"; presses++)
        {
            Assert.True(presses < 100, "The element is not reached by the Tab key.");
            await browser.PressAsync("Tab", cancellationToken);
            Assert.NotEqual("none", await browser.EvaluateAsync("getComputedStyle(document.activeElement).outlineStyle", cancellationToken));
        }
    }
}
