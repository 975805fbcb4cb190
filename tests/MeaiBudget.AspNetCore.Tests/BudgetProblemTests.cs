using System.Diagnostics;
using System.Net;
using System.Security.Claims;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tests;

/// <summary>Problem details whatever a request accepts, for each kind of failure; and the tags of a request.</summary>
public sealed class BudgetProblemTests
{
    [Theory]
    [InlineData("/stream", "text/event-stream")]
    [InlineData("/stream", "text/html")]
    [InlineData("/stream", null)]
    [InlineData("/list", "text/plain")]
    [InlineData("/ask", "text/html,application/xhtml+xml")]
    [InlineData("/ask", "text/plain")]
    [InlineData("/ask", "image/png;q=0.5")]
    [InlineData("/ask", "application/json")]
    public async Task M5_ARefusalIsProblemDetailsWhateverTheRequestAccepts(string path, string? accept)
    {
        var tracker = new CostTracker(Budget.Daily("day", 0m));
        var errors = new ErrorCounter();
        await using StatusApplication app = await StartAsync(() => new ChatClientBuilder(new ScriptedChatClient("gpt-4o-mini", "openai")).UseBudget(tracker).Build(), errors);
        (HttpResponseMessage response, JsonElement json) = await GetAsync(app, path, accept);
        using (response)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("day", json.GetProperty("budget").GetString());
            Assert.Equal(0, errors.Count);
        }
    }

    [Theory]
    [InlineData(429, HttpStatusCode.TooManyRequests)]
    [InlineData(529, HttpStatusCode.ServiceUnavailable)]
    [InlineData(503, HttpStatusCode.ServiceUnavailable)]
    [InlineData(402, HttpStatusCode.ServiceUnavailable)]
    [InlineData(504, HttpStatusCode.ServiceUnavailable)]
    [InlineData(null, HttpStatusCode.ServiceUnavailable)]
    [InlineData(500, HttpStatusCode.BadGateway)]
    [InlineData(0, HttpStatusCode.BadGateway)]
    [InlineData(401, HttpStatusCode.BadGateway)]
    [InlineData(400, HttpStatusCode.BadGateway)]
    public async Task M8_TheFirstFailureOfALoneRouteIsNotAnErrorOfTheApplication(int? statusOfProvider, HttpStatusCode status)
    {
        Exception failure = statusOfProvider is { } answered
            ? new HttpRequestException("no", null, answered == 0 ? null : (HttpStatusCode)answered)
            : new TimeoutException();
        foreach (string path in new[] { "/ask", "/stream", "/wrapped" })
        {
            var provider = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = ScriptedReply.Throw(failure) };
            var errors = new ErrorCounter();
            await using StatusApplication app = await StartAsync(
                () => new ChatClientBuilder(provider).UseBudget(new CostTracker(Budget.Daily("day", 5m))).Build(), errors);
            (HttpResponseMessage response, JsonElement json) = await GetAsync(app, path, "text/event-stream");
            using (response)
            {
                Assert.Equal(status, response.StatusCode);
                Assert.Equal("urn:meaibudget:problem:no-model-answered", json.GetProperty("type").GetString());
                Assert.Equal(0, errors.Count);
            }
        }
    }

    [Fact]
    public async Task M8_AnErrorOfTheApplicationStaysOne()
    {
        var errors = new ErrorCounter();
        await using StatusApplication app = await StartAsync(() => throw new InvalidOperationException("a mistake"), errors);
        using var http = new HttpClient { BaseAddress = app.Address };
        using HttpResponseMessage response = await http.GetAsync(new Uri("/ask", UriKind.Relative));
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.NotEqual(0, errors.Count);
    }

    [Fact]
    public async Task M10_TheTagsOfTheUserOverrideThoseOfTheRequest()
    {
        var tracker = new CostTracker([Budget.Daily("tenant", 5m).PerTag("tenant", required: true)], configure: options => options.RecordedTags.Add("team"));
        await using StatusApplication app = await StatusApplication.StartAsync(
            tracker,
            app =>
            {
                app.UseExceptionHandler();
                app.Use(async (context, next) =>
                {
                    string? user = context.Request.Headers["X-User"];
                    context.User = new ClaimsPrincipal(new ClaimsIdentity(user is null ? [] : [new Claim("tenant", user)]));
                    await next(context);
                });
                app.UseBudgetTags(context => [new("tenant", context.User.FindFirst("tenant")?.Value)], baggage: ["team"]);
                app.MapGet("/ask", async (HttpContext context) => (await Client(tracker).GetResponseAsync("x", OptionsOf(context))).Text);
                app.MapGet("/stream", (HttpContext context) => TypedResults.ServerSentEvents(Client(tracker).GetStreamingResponseAsync("x", OptionsOf(context)).Select(update => update.Text)));
            },
            services => services.AddBudgetProblemDetails());
        using var http = new HttpClient { BaseAddress = app.Address };
        foreach ((string path, string? user, HttpStatusCode status) in new[]
        {
            ("/ask?tenant=mallory", "acme", HttpStatusCode.OK), ("/stream?tenant=mallory", "acme", HttpStatusCode.OK),
            ("/ask?tenant=mallory", null, HttpStatusCode.ServiceUnavailable),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
            request.Headers.Add("baggage", "team=red,tenant=mallory");
            if (user is not null)
            {
                request.Headers.Add("X-User", user);
            }

            using HttpResponseMessage response = await http.SendAsync(request);
            await response.Content.ReadAsStringAsync();
            Assert.Equal(status, response.StatusCode);
        }

        Assert.Equal("acme", Assert.Single(await tracker.GetStatusAsync()).Key);

        static IChatClient Client(CostTracker tracker) =>
            new ChatClientBuilder(new ScriptedChatClient("gpt-4o-mini", "openai") { Default = ScriptedReply.Text("yes").WithUsage(10, 2) }).UseBudget(tracker).Build();

        static ChatOptions OptionsOf(HttpContext context) => new() { AdditionalProperties = new() { ["tenant"] = context.Request.Query["tenant"] } };
    }

    private static Task<StatusApplication> StartAsync(Func<IChatClient> client, ErrorCounter errors) => StatusApplication.StartAsync(
        new CostTracker(),
        app =>
        {
            app.UseExceptionHandler();
            app.MapGet("/ask", async () => (await client().GetResponseAsync("x")).Text);
            app.MapGet("/list", () => client().GetStreamingResponseAsync("x").Select(update => update.Text));
            app.MapGet("/stream", () => TypedResults.ServerSentEvents(client().GetStreamingResponseAsync("x").Select(update => update.Text)));
            app.MapGet("/wrapped", async () =>
            {
                try
                {
                    await client().GetResponseAsync("x");
                }
                catch (Exception exception)
                {
                    throw new AggregateException(new NotSupportedException(), new UnreachableException("A framework wraps it.", exception));
                }
            });
        },
        services => services.AddBudgetProblemDetails().AddLogging(logging => logging.AddProvider(errors)));

    private static async Task<(HttpResponseMessage Response, JsonElement Json)> GetAsync(StatusApplication app, string path, string? accept)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        if (accept is not null)
        {
            http.DefaultRequestHeaders.Accept.ParseAdd(accept);
        }

        HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return (response, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Counts logged errors.</summary>
    private sealed class ErrorCounter : ILoggerProvider, ILogger
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Add(ref _count, logLevel >= LogLevel.Error ? 1 : 0);

        public void Dispose()
        {
        }
    }
}
