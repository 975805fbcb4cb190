using System.Collections.Concurrent;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Alerts, against a local webhook that fails, hangs and recovers.</summary>
public sealed class BudgetAlertTests
{
    /// <summary>How long a webhook may take: so long that only a test that advances the clock by it meets it.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(2);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 20, 14, 30, 0, TimeSpan.Zero));
    private readonly Logs _logs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAlertIsRepeatedUntilAWebhookThatFailsAndHangsAcceptsItOnce()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync("500", "429", "redirect", "hang", "200");
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        await tracker.SpendAsync("gpt-4o", 3_500_000, 0, cancellationToken: Cancelled);
        await using var node = new Node(this, webhook, tracker);

        await node.EvaluateAsync();
        await UntilAsync(() => webhook.Requests == 4, step: TimeSpan.FromSeconds(1));
        _time.Advance(Timeout);
        await UntilAsync(() => webhook.Accepted.Count == 1, step: TimeSpan.FromSeconds(1));
        Assert.Equal(5, webhook.Requests);
        Assert.Contains("The budget 'day' used 88 % of its limit: $8.75 spent", webhook.Accepted[0], StringComparison.Ordinal);
        await node.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal(5, webhook.Requests);

        // A grant ends it, and the same share again is a new occurrence.
        await tracker.GrantAsync("day", "", 10m, _time.GetUtcNow() + TimeSpan.FromMinutes(30), "test", cancellationToken: Cancelled);
        await node.PassAsync(TimeSpan.FromMinutes(1));
        await UntilAsync(() => webhook.Accepted.Count == 2);
        Assert.StartsWith("Resolved: The budget 'day' used 88 %", webhook.Accepted[1], StringComparison.Ordinal);
        await node.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(2, webhook.Accepted.Count);
        await node.PassAsync(TimeSpan.FromMinutes(25));
        await UntilAsync(() => webhook.Accepted.Count == 3);
        Assert.StartsWith("The budget 'day' used 88 %", webhook.Accepted[2], StringComparison.Ordinal);
        AssertNoSecret();
    }

    [Fact]
    public async Task NodesThatShareALedgerDeliverAnAlertOnce()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        var ledger = new InMemorySpendLedger(_time) { KeepsRecords = true };
        CostTracker[] trackers = [.. Enumerable.Range(0, 4).Select(_ => Tracker(ledger, Budget.Daily("day", 10m)))];
        Node[] nodes = [.. trackers.Select(tracker => new Node(this, webhook, tracker))];

        async Task PassAsync(int intervals)
        {
            for (int i = 0; i < intervals; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(30));
                await Task.WhenAll(nodes.Select(node => node.EvaluateAsync()));
            }
        }

        await PassAsync(3);
        await trackers[2].SpendAsync("gpt-4o", 3_600_000, 0, cancellationToken: Cancelled);
        await PassAsync(20);
        await UntilAsync(() => webhook.Accepted.Count >= 1);
        Assert.Single(webhook.Accepted);
        Assert.Contains("The budget 'day' used 90 %", webhook.Accepted[0], StringComparison.Ordinal);

        await trackers[0].SetLimitAsync("day", null, 100m, "test", Cancelled);
        await PassAsync(20);
        await UntilAsync(() => webhook.Accepted.Count >= 2);
        Assert.Equal(2, webhook.Accepted.Count);
        await UntilAsync(() => !Settings(ledger).Any());
        foreach (Node node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task ANodeTakesOverWhatAnotherDidNotDeliverBeforeItEnded()
    {
        await using WebhookServer broken = await WebhookServer.StartAsync();
        broken.IsBroken = true;
        var ledger = new InMemorySpendLedger(_time) { KeepsRecords = true };
        CostTracker tracker = Tracker(ledger, Budget.Daily("day", 10m));
        await tracker.SpendAsync("gpt-4o", 3_500_000, 0, cancellationToken: Cancelled);
        await using (var first = new Node(this, broken, tracker))
        {
            await first.EvaluateAsync();
            await UntilAsync(() => broken.Requests >= 1);
        }

        await using WebhookServer webhook = await WebhookServer.StartAsync();
        await using var second = new Node(this, webhook, tracker);
        await second.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(webhook.Accepted);
        await second.PassAsync(TimeSpan.FromMinutes(10));
        await UntilAsync(() => webhook.Accepted.Count == 1);
        await second.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Single(webhook.Accepted);
    }

    [Fact]
    public async Task ANodeThatStillRepeatsItsDeliveryKeepsItToItself()
    {
        await using WebhookServer broken = await WebhookServer.StartAsync();
        broken.IsBroken = true;
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        var ledger = new InMemorySpendLedger(_time) { KeepsRecords = true };
        CostTracker tracker = Tracker(ledger, Budget.Daily("day", 10m));
        await tracker.SpendAsync("gpt-4o", 3_500_000, 0, cancellationToken: Cancelled);
        await using var first = new Node(this, broken, tracker);
        await first.EvaluateAsync();
        await UntilAsync(() => broken.Requests >= 1);
        await using var second = new Node(this, webhook, tracker);
        for (int i = 0; i < 40; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            await second.EvaluateAsync();
            await first.EvaluateAsync();
        }

        Assert.Empty(webhook.Accepted);
        broken.IsBroken = false;
        await UntilAsync(() => broken.Accepted.Count == 1, step: TimeSpan.FromSeconds(1));
        Assert.Empty(webhook.Accepted);
    }

    [Fact]
    public async Task AMessageIsDroppedAfterItsTimeAndTheNextOnesAreDelivered()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        webhook.IsBroken = true;
        CostTracker tracker = Tracker(Budget.Daily("day", 10m), Budget.Daily("other", 100m));
        await tracker.SpendAsync("gpt-4o", 3_500_000, 0, cancellationToken: Cancelled);
        await using var node = new Node(this, webhook, tracker, options => options.RepeatFor = TimeSpan.FromMinutes(3));
        await node.EvaluateAsync();
        await UntilAsync(() => _logs.Lines.Any(line => line.Contains("It is dropped", StringComparison.Ordinal)), step: TimeSpan.FromSeconds(1));
        webhook.IsBroken = false;
        await tracker.SetLimitAsync("other", null, 9m, "test", Cancelled);
        await node.PassAsync(TimeSpan.FromMinutes(1));
        await UntilAsync(() => webhook.Accepted.Count == 1);
        Assert.Contains("The budget 'other'", webhook.Accepted[0], StringComparison.Ordinal);
        AssertNoSecret();
    }

    [Fact]
    public async Task KeysOfADividedBudgetAlertTogetherAndBeyondABoundAsOne()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        CostTracker tracker = Tracker(Budget.Daily("tenant", 1m).PerTag("tenant") with { Enforcement = Enforcement.Warn });
        for (int i = 0; i < 60; i++)
        {
            await tracker.SpendAsync("gpt-4o", 340_000, 0, ConsoleScene.Tags($"t{i:00}"), Cancelled);
        }

        await using var node = new Node(this, webhook, tracker);
        await node.EvaluateAsync();
        await UntilAsync(() => webhook.Accepted.Count == 1);
        string[] lines = webhook.Accepted[0].Split('\n');
        Assert.Equal(21, lines.Length);
        Assert.Equal("and 31 more", lines[^1]);
        await node.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Single(webhook.Accepted);
        Assert.Equal(51, Settings(tracker.Ledger).Count());
    }

    [Fact]
    public async Task ABurnRateAlertsBeforeTheThresholdAndEndsSoonAfterItsCause()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        CostTracker tracker = Tracker(Budget.Monthly("month", 100m));
        await tracker.SpendAsync("gpt-4o", 1_200_000, 0, cancellationToken: Cancelled);
        await using var node = new Node(this, webhook, tracker, options => options.BurnRates.Add((14.4m, TimeSpan.FromHours(1))));
        await node.EvaluateAsync();
        await UntilAsync(() => webhook.Accepted.Count == 1);
        Assert.Contains("The budget 'month' burns 3 % of its limit in 1 h 0 min ($3.00), 21.6 times as fast", webhook.Accepted[0], StringComparison.Ordinal);
        await node.PassAsync(TimeSpan.FromMinutes(4));
        Assert.Single(webhook.Accepted);
        await node.PassAsync(TimeSpan.FromMinutes(2));
        await UntilAsync(() => webhook.Accepted.Count == 2);
        Assert.StartsWith("Resolved: The budget 'month' burns", webhook.Accepted[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALedgerThatIsAwayAlertsEachNodeAndEnds()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        var ledger = new FaultyLedger(new InMemorySpendLedger(_time));
        CostTracker tracker = Tracker(ledger, Budget.Daily("day", 10m));
        await using var node = new Node(this, webhook, tracker, options => options.LedgerAwayFor = TimeSpan.FromMinutes(2));
        await node.PassAsync(TimeSpan.FromMinutes(1));
        ledger.IsAway = true;
        await node.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Empty(webhook.Accepted);
        await node.PassAsync(TimeSpan.FromMinutes(5));
        await UntilAsync(() => webhook.Accepted.Count == 1);
        Assert.Contains("does not answer on node 'node-1'", webhook.Accepted[0], StringComparison.Ordinal);
        ledger.IsAway = false;
        await node.PassAsync(TimeSpan.FromMinutes(5));
        await UntilAsync(() => webhook.Accepted.Count == 2);
        Assert.StartsWith("Resolved: ", webhook.Accepted[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnpricedSpendRefusalsAndOldPricesAlert()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        CostTracker tracker = Tracker(Budget.Daily("day", 10m) with { UnknownPriceBehavior = UnknownPriceBehavior.AllowUnpriced }, Budget.Daily("small", 0.0001m));
        await tracker.SpendAsync("a-model-of-tomorrow", 1_000, 10, cancellationToken: Cancelled);
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4o", "openai")).UseBudget(tracker).Build();
        for (int i = 0; i < 12; i++)
        {
            await Assert.ThrowsAsync<BudgetExceededException>(() => client.GetResponseAsync("question", new ChatOptions { MaxOutputTokens = 100 }, Cancelled));
        }

        await using var node = new Node(this, webhook, tracker, options => options.OldestPrices = TimeSpan.FromTicks(1));
        await node.PassAsync(TimeSpan.FromMinutes(3));
        await UntilAsync(() => string.Join('\n', webhook.Accepted).Contains("The budget 'small' refused 1", StringComparison.Ordinal), step: TimeSpan.FromSeconds(1), between: node.EvaluateAsync);
        string all = string.Join('\n', webhook.Accepted);
        Assert.Contains("The model 'a-model-of-tomorrow' has no known price: 1 attempts in an hour", all, StringComparison.Ordinal);
        Assert.Matches("The budget 'small' refused 1[0-2] attempts in five minutes", all);
        Assert.Contains("days old. Update the package", all, StringComparison.Ordinal);
    }

    /// <summary>The service runs by itself in a host, and a call does not wait for it.</summary>
    [Fact]
    public async Task TheServiceEvaluatesAndDeliversInTheBackground()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        await tracker.SpendAsync("gpt-4o", 3_500_000, 0, cancellationToken: Cancelled);
        using BudgetAlertService service = new([tracker], Options(webhook), _time, _logs);
        await service.StartAsync(Cancelled);
        await UntilAsync(() => webhook.Accepted.Count == 1);
        await service.StopAsync(Cancelled);
    }

    [Theory]
    [InlineData("ftp://example.com/x", "{}")]
    [InlineData("https://example.com/x", "{\"text\": {{text}} }")]
    [InlineData("https://example.com/x", "{\"text\": \"{{secret}}\"}")]
    [InlineData("https://example.com/x", "text")]
    public void AWebhookThatCannotWorkIsRefusedWithoutItsAddress(string address, string template)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new BudgetWebhook(new Uri(address), template));
        Assert.DoesNotContain("/x", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"}, {\"a\": \"")]
    [InlineData("line\nbreak \u2028 and {{title}} \\ \0")]
    [InlineData("</script>")]
    public void AValueStaysAValueWhateverItContains(string text)
    {
        var webhook = new BudgetWebhook(new Uri("https://example.com/x"), """{"a": "{{text}}", "b": ["{{title}}"]}""");
        using var body = JsonDocument.Parse(webhook.Fill(name => name == "text" ? text : "title"));
        Assert.Equal(2, body.RootElement.EnumerateObject().Count());
        Assert.Equal(text.Replace("{{", "{ {", StringComparison.Ordinal), body.RootElement.GetProperty("a").GetString());
        Assert.DoesNotContain("/x", webhook.ToString(), StringComparison.Ordinal);
    }

    private CostTracker Tracker(params Budget[] budgets) => Tracker(new InMemorySpendLedger(_time) { KeepsRecords = true }, budgets);

    private static CostTracker Tracker(ISpendLedger ledger, params Budget[] budgets) => new(budgets, ledger: ledger);

    private static IEnumerable<string> Settings(ISpendLedger ledger) =>
        ledger.ReadSettingsAsync().AsTask().GetAwaiter().GetResult().Settings.Keys.Where(name => name.StartsWith("alert/", StringComparison.Ordinal));

    private static BudgetAlertOptions Options(WebhookServer webhook)
    {
        var options = new BudgetAlertOptions { Node = "node-1", OldestPrices = TimeSpan.FromDays(36_500), WebhookTimeout = Timeout, RepeatFor = TimeSpan.FromDays(1) };
        options.Webhooks.Add(new BudgetWebhook(webhook.Address));
        options.BurnRates.Clear();
        return options;
    }

    /// <summary>Waits for what happens in the background; with a step, time passes meanwhile.</summary>
    private async Task UntilAsync(Func<bool> condition, TimeSpan step = default, Func<Task>? between = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!condition())
        {
            _time.Advance(step);
            await (between?.Invoke() ?? Task.CompletedTask);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }
    }

    private void AssertNoSecret()
    {
        Assert.NotEmpty(_logs.Lines);
        Assert.DoesNotContain(_logs.Lines, line => line.Contains(WebhookServer.Secret, StringComparison.OrdinalIgnoreCase) || line.Contains("/services", StringComparison.Ordinal));
    }

    /// <summary>A node that evaluates when a test lets it, and sends by itself.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly BudgetAlertTests _test;
        private readonly BudgetAlertService _service;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _sending;

        public Node(BudgetAlertTests test, WebhookServer webhook, CostTracker tracker, Action<BudgetAlertOptions>? configure = null)
        {
            _test = test;
            BudgetAlertOptions options = Options(webhook);
            configure?.Invoke(options);
            _service = new BudgetAlertService([tracker], options, test._time, test._logs);
            _sending = _service.SendAllAsync(_stop.Token);
        }

        public Task EvaluateAsync() => _service.EvaluateAllAsync(Cancelled);

        public async Task PassAsync(TimeSpan time)
        {
            for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(30))
            {
                _test._time.Advance(TimeSpan.FromSeconds(30));
                await EvaluateAsync();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _service.Dispose();
            _stop.Dispose();
        }
    }

    private sealed class Logs : ILogger<BudgetAlertService>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> Lines => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception) + exception);
    }
}
