using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A ledger that keeps every read does not keep the console's pages.</summary>
public sealed class ConsoleHangingLedgerTests
{
    [Theory]
    [InlineData("/console")]
    [InlineData("/console/budgets")]
    [InlineData("/console/keys?budget=tenant")]
    [InlineData("/console/api/budgets")]
    [InlineData("/console/api/keys?budget=tenant&format=csv")]
    [InlineData("/console/change?do=stop&budget=tenant&key=acme")]
    public async Task EveryPageSaysAfterSecondsThatTheLedgerIsAway(string path)
    {
        var clock = new FakeTimeProvider(ConsoleScene.Now);
        var ledger = new FaultyLedger(new InMemorySpendLedger(clock));
        var tracker = new CostTracker([Budget.Monthly("tenant", 2m).PerTag("tenant"), Budget.Daily("day", 20m)], ledger: ledger);
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker, time: clock);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        ledger.IsHanging = true;

        Task<HttpResponseMessage> answer = client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }

        using HttpResponseMessage response = await answer;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("did not answer within 5 seconds", await response.Content.ReadAsStringAsync(limit.Token), StringComparison.Ordinal);
    }
}
