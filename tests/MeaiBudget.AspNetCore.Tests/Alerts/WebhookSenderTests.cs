using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>One webhook gets all messages that it can take, in their order.</summary>
public sealed class WebhookSenderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Meter _meter = new("test");

    public void Dispose() => _meter.Dispose();

    [Theory]
    [InlineData(1, null, 1)]
    [InlineData(16, null, 16)]
    [InlineData(300, null, 30)]
    [InlineData(1, -5, 1)]
    [InlineData(1, 120, 120)]
    [InlineData(30, 86_400, 300)]
    public void ARecoveredWebhookIsAskedSoonUnlessItAsksForAWait(int wait, int? asked, int expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), WebhookSender.NextWait(TimeSpan.FromSeconds(wait), asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null));

    [Theory]
    [InlineData("400")]
    [InlineData("413")]
    [InlineData("422")]
    public async Task AMessageThatIsRejectedThreeTimesDoesNotKeepBackTheNext(string status)
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync(status, status, status);

        IReadOnlyList<bool> results = await SendAsync(webhook, "too long", "next");

        Assert.Equal([false, true], results);
        Assert.Equal(["next"], webhook.Accepted);
    }

    [Theory]
    [InlineData("401")]
    [InlineData("404")]
    [InlineData("503")]
    public async Task AFailureOfTheWebhookItselfDropsNoMessage(string status)
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync(status, status, status, status, status, status);

        IReadOnlyList<bool> results = await SendAsync(webhook, "first", "next");

        Assert.Equal([true, true], results);
        Assert.Equal(["first", "next"], webhook.Accepted);
    }

    [Fact]
    public async Task ATextWithHalfACharacterIsDeliveredAndSoIsTheNext()
    {
        await using WebhookServer webhook = await WebhookServer.StartAsync();

        IReadOnlyList<bool> results = await SendAsync(webhook, "tenant \ud83d over its limit", "next");

        Assert.Equal([true, true], results);
        Assert.Equal(["tenant \ufffd over its limit", "next"], webhook.Accepted);
    }

    [Fact]
    public void AStoredTextIsNotCutWithinACharacter()
    {
        var state = new AlertState("id", "threshold", default, null, new string('x', 499) + "\U0001F600 and more");

        AlertState stored = AlertState.TryParse(state.Name, state.Value)!;

        Assert.Equal(new string('x', 499), stored.Text);
    }

    /// <summary>Sends messages, lets time pass, and returns for each whether it was delivered.</summary>
    private async Task<IReadOnlyList<bool>> SendAsync(WebhookServer webhook, params string[] texts)
    {
        using var sender = new WebhookSender(new BudgetWebhook(webhook.Address), new BudgetAlertOptions { WebhookTimeout = TimeSpan.FromHours(2) }, _time, NullLogger.Instance, _meter.CreateCounter<long>("deliveries"));
        using var stop = new CancellationTokenSource();
        List<Task<bool>> deliveries = [];
        foreach (string text in texts)
        {
            var delivery = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            deliveries.Add(delivery.Task);
            sender.Send(new AlertMessage(false, false, [text], _time.GetUtcNow()), delivery.SetResult);
        }

        Task running = sender.RunAsync(stop.Token);
        Task<bool[]> all = Task.WhenAll(deliveries);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!all.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }

        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await all;
    }
}
