using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>Each web sample runs with one command, without a key, and answers and refuses as its README says.</summary>
public sealed class WebSampleTests
{
    [Fact]
    public async Task ATenantWhoseBudgetIsSpentGets429AndTheOtherIsAnswered()
    {
        using RunningWebSample app = await RunningWebSample.StartAsync("TenantWebApi", new Dictionary<string, string?> { ["TenantBudget"] = "0.001" });
        using HttpResponseMessage first = await AskAsync(app, "key-of-acme");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        JsonElement answer = await first.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("You said: What is the capital of Italy?", answer.GetProperty("text").GetString());
        Assert.InRange(answer.GetProperty("cost").GetDecimal(), 0.000001m, 0.0001m);

        HttpStatusCode last = HttpStatusCode.OK;
        for (int i = 0; i < 40 && last == HttpStatusCode.OK; i++)
        {
            using HttpResponseMessage next = await AskAsync(app, "key-of-acme");
            last = next.StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        using HttpResponseMessage other = await AskAsync(app, "key-of-globex");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        // A request without a tenant is not a way around the budget.
        using HttpResponseMessage nobody = await AskAsync(app, "wrong");
        Assert.False(nobody.IsSuccessStatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "budget") { Headers = { { "X-Api-Key", "key-of-acme" } } };
        using HttpResponseMessage budget = await app.Client.SendAsync(request);
        Assert.InRange((await budget.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("spent").GetDecimal(), 0.0001m, 0.001m);
    }

    [Fact]
    public async Task ThePageStreamsAnAnswerAndItsCost()
    {
        using RunningWebSample app = await RunningWebSample.StartAsync("StreamingChatPage");
        Assert.Contains("chat.js", await app.Client.GetStringAsync("/"), StringComparison.Ordinal);
        Assert.Contains("EventSource", await app.Client.GetStringAsync("/chat.js"), StringComparison.Ordinal);

        using HttpResponseMessage stream = await app.Client.GetAsync("stream?question=Hello");
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType?.MediaType);
        string events = await stream.Content.ReadAsStringAsync();
        Assert.True(events.Split("event: text").Length > 5, events);
        Assert.Matches(@"event: cost\ndata: \$0\.0000\d\d", events);
    }

    [Fact]
    public async Task ASpentBudgetRefusesTheStreamBeforeItsFirstEvent()
    {
        using RunningWebSample app = await RunningWebSample.StartAsync("StreamingChatPage", new Dictionary<string, string?> { ["DailyBudget"] = "0" });
        using HttpResponseMessage refused = await app.Client.GetAsync("stream?question=Hello");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    [Fact]
    public async Task TwoNodesShareOneBudgetInPostgreSql()
    {
        var server = PostgreSqlServer.Get();
        await using var dataSource = NpgsqlDataSource.Create(server.ConnectionString);
        string database = $"samples_{Guid.NewGuid():N}";
        await using (NpgsqlCommand create = dataSource.CreateCommand($"CREATE DATABASE {database}"))
        {
            await create.ExecuteNonQueryAsync();
        }

        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Ledger"] = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = database, Pooling = false }.ToString(),
            ["DailyBudget"] = "0.002",
        };
        using RunningWebSample first = await RunningWebSample.StartAsync("SharedLedgerNodes", environment);
        using RunningWebSample second = await RunningWebSample.StartAsync("SharedLedgerNodes", environment);
        using HttpResponseMessage answer = await AskAsync(first);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        decimal spent = (await second.Client.GetFromJsonAsync<JsonElement>("budget")).GetProperty("spent").GetDecimal();
        Assert.InRange(spent, 0.000001m, 0.002m);

        HttpStatusCode last = HttpStatusCode.OK;
        for (int i = 0; i < 60 && last == HttpStatusCode.OK; i++)
        {
            using HttpResponseMessage next = await AskAsync(i % 2 == 0 ? first : second);
            last = next.StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    private static Task<HttpResponseMessage> AskAsync(RunningWebSample app, string? apiKey = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "ask") { Content = JsonContent.Create(new { text = "What is the capital of Italy?" }) };
        request.Headers.Add("X-Api-Key", apiKey ?? "none");
        return app.Client.SendAsync(request);
    }
}
