using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

public sealed class TenantAppTests
{
    /// <summary>100 dollars a million: an answer of 100 tokens in and out is two cents.</summary>
    private static readonly SimulatedResponse TwoCents = SimulatedResponse.Text("Fine.").WithUsage(100, 100);

    [Theory, InlineData("/ask"), InlineData("/stream")]
    public async Task ATenantWhoHasSpentIsRefusedWithProblemDetailsAndTheOthersAreServed(string path)
    {
        await using TenantApp app = await TenantApp.StartAsync(limit: 0.03m);
        app.Simulator.OpenAI.Default = TwoCents;

        using HttpResponseMessage first = await app.Http.SendAsync(TenantApp.Request(path, "acme"));
        using HttpResponseMessage second = await app.Http.SendAsync(TenantApp.Request(path, "acme"));
        using HttpResponseMessage other = await app.Http.SendAsync(TenantApp.Request(path, "other"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK), (first.StatusCode, second.StatusCode, other.StatusCode));
        Assert.Equal("application/problem+json", second.Content.Headers.ContentType?.MediaType);
        Assert.Equal(TimeSpan.FromHours(12), second.Headers.RetryAfter?.Delta);
        using var problem = JsonDocument.Parse(await second.Content.ReadAsStringAsync());
        Assert.Equal(429, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Equal("urn:meaibudget:problem:budget-exceeded", problem.RootElement.GetProperty("type").GetString());
        Assert.Equal("tenant", problem.RootElement.GetProperty("budget").GetString());
        Assert.Equal("Spent", problem.RootElement.GetProperty("reason").GetString());
        Assert.DoesNotContain("acme", problem.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(2, app.Simulator.Requests.Count);
        Assert.DoesNotContain(app.Simulator.Requests, request => request.BodyText.Contains("acme", StringComparison.Ordinal));
        Assert.Equal((0.02m, 0.02m), ((await app.StatusAsync("acme")).Spent, (await app.StatusAsync("other")).Spent));

        // Whoever comes back when Retry-After says is served.
        app.Clock.Advance(second.Headers.RetryAfter!.Delta!.Value);
        using HttpResponseMessage tomorrow = await app.Http.SendAsync(TenantApp.Request(path, "acme"));
        Assert.Equal(HttpStatusCode.OK, tomorrow.StatusCode);
    }

    [Fact]
    public async Task AStreamIsServerSentEvents()
    {
        await using TenantApp app = await TenantApp.StartAsync(limit: 1m);
        app.Simulator.OpenAI.Enqueue(SimulatedResponse.Text("one two three").WithUsage(100, 100));

        using HttpResponseMessage response = await app.Http.SendAsync(TenantApp.Request("/stream", "acme"), HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var said = new List<string>();
        await foreach (SseItem<string> item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            said.Add(item.Data);
        }

        Assert.True(said.Count(piece => piece.Length > 0) > 1, "the answer came in one piece");
        Assert.Equal("one two three", string.Concat(said));
        Assert.Equal(0.02m, (await app.StatusAsync("acme")).Spent);
        Assert.Equal(0, app.Ledger.Open);
    }

    [Fact]
    public async Task E1_AVisitorWhoLeavesAStreamIsChargedForWhatCame()
    {
        await using TenantApp app = await TenantApp.StartAsync(limit: 1m);
        app.Simulator.OpenAI.Enqueue(SimulatedResponse.Text("one two three four").StallAfter(2));
        using var leave = new CancellationTokenSource();

        HttpResponseMessage response = await app.Http.SendAsync(TenantApp.Request("/stream", "acme"), HttpCompletionOption.ResponseHeadersRead, leave.Token);
        Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[1];
        await body.ReadExactlyAsync(buffer);
        response.Dispose();
        await leave.CancelAsync();

        CallReceipt receipt = await app.FirstCallEnded.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(AttemptOutcome.Cancelled, Assert.Single(receipt.Attempts).Outcome);
        BudgetStatus status = await app.StatusAsync("acme");
        Assert.Equal(0m, status.Held);
        Assert.InRange(status.Spent, 0.0001m, 0.01m);
        Assert.Equal((1, 0), (app.Ledger.Settled, app.Ledger.Open));
    }

    [Fact]
    public async Task A1_ParallelVisitorsOfOneTenantNeverOvershoot()
    {
        await using TenantApp app = await TenantApp.StartAsync(limit: 0.0545m);

        // "Hello" is eight tokens in its frame, and the answer may take a hundred: five such calls fit, six do not.
        app.Simulator.OpenAI.Default = SimulatedResponse.Text("Fine.").WithUsage(8, 100);

        HttpStatusCode[] statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using HttpResponseMessage response = await app.Http.SendAsync(TenantApp.Request(i % 2 == 0 ? "/ask" : "/stream", "acme"));
            await response.Content.ReadAsStringAsync();
            return response.StatusCode;
        }));

        Assert.Equal(5, statuses.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(35, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
        Assert.Equal(5, app.Simulator.Requests.Count);
        BudgetStatus status = await app.StatusAsync("acme");
        Assert.Equal((0.054m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task ARequestWithoutATenantIsRefusedBeforeAnythingIsSpent()
    {
        await using TenantApp app = await TenantApp.StartAsync(limit: 1m);

        using HttpResponseMessage response = await app.Http.SendAsync(TenantApp.Request("/ask", tenant: null));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(app.Simulator.Requests);
        Assert.Equal(0, app.Ledger.Admitted);
    }
}
