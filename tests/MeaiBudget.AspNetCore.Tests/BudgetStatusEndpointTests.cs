using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

public class BudgetStatusEndpointTests
{
    [Fact]
    public async Task ApiClientsGetJsonWithBudgetsModelsAndCallsAndNoContent()
    {
        await using StatusApplication app = await StatusApplication.StartAsync(new CostTracker(Budget.Daily("day", 20m)));
        await app.SpendAsync("gpt-4o-mini", 1_000_000, 100_000);
        using var http = new HttpClient { BaseAddress = app.Address };

        using HttpResponseMessage response = await http.GetAsync(new Uri("/budgets", UriKind.Relative));
        string text = await response.Content.ReadAsStringAsync();
        JsonElement json = JsonDocument.Parse(text).RootElement;

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal(0.21m, json.GetProperty("budgets")[0].GetProperty("spent").GetDecimal());
        Assert.Equal("gpt-4o-mini", json.GetProperty("models")[0].GetProperty("model").GetString());
        Assert.Equal(0.21m, json.GetProperty("models")[0].GetProperty("cost").GetDecimal());
        Assert.Equal("Answered", json.GetProperty("calls")[0].GetProperty("outcome").GetString());
        Assert.DoesNotContain("nobody may see", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BrowsersGetASelfContainedPageThatRunsNothingButItsOwnScript()
    {
        await using StatusApplication app = await StatusApplication.StartAsync(
            new CostTracker(Budget.Daily("day", 20m)),
            app => app.MapBudgetStatus("/budgets", options => (options.AllowAnonymous, options.Title) = (true, "<b>Ours</b>")));
        using var http = new HttpClient { BaseAddress = app.Address };
        http.DefaultRequestHeaders.Accept.ParseAdd("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

        using HttpResponseMessage response = await http.GetAsync(new Uri("/budgets", UriKind.Relative));
        string page = await response.Content.ReadAsStringAsync();
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;Ours", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>Ours", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
        using HttpResponseMessage again = await http.GetAsync(new Uri("/budgets", UriKind.Relative));
        Assert.NotEqual(policy, again.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task RequiresAuthorizationUnlessToldOtherwise()
    {
        await using StatusApplication app = await StatusApplication.StartAsync(
            new CostTracker(Budget.Daily("day", 20m)),
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapBudgetStatus("/budgets");
            },
            services => services.AddAuthorization().AddAuthentication("cookies").AddCookie("cookies", options => options.Events.OnRedirectToLogin = context =>
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            }));
        using var http = new HttpClient { BaseAddress = app.Address };

        using HttpResponseMessage response = await http.GetAsync(new Uri("/budgets", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnApplicationWithoutAuthorizationIsToldSoAtStart()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        await using WebApplication app = builder.Build();

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => app.MapBudgetStatus("/budgets"));

        Assert.Contains("AllowAnonymous", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventsTellOfChanges()
    {
        await using StatusApplication app = await StatusApplication.StartAsync(new CostTracker(Budget.Daily("day", 20m)));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var http = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/budgets");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));

        Assert.Equal(0m, await NextSpentAsync());
        await app.SpendAsync("gpt-4o-mini", 1_000_000, 0);
        decimal spent;
        while ((spent = await NextSpentAsync()) == 0m)
        {
        }

        Assert.Equal(0.15m, spent);

        async Task<decimal> NextSpentAsync()
        {
            string? line;
            while ((line = await reader.ReadLineAsync(limit.Token)) is null || !line.StartsWith("data: ", StringComparison.Ordinal))
            {
                Assert.NotNull(line);
            }

            return JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("budgets")[0].GetProperty("spent").GetDecimal();
        }
    }

    [Fact]
    public async Task ARefusalBecomesProblemDetailsWithRetryAfter()
    {
        var tracker = new CostTracker(Budget.Daily("day", 0.10m).PerTag("tenant"));
        await using StatusApplication app = await StatusApplication.StartAsync(
            tracker,
            app =>
            {
                app.UseExceptionHandler();
                app.MapGet("/ask", async (HttpContext context) =>
                {
                    using IChatClient client = new ChatClientBuilder(new MeaiBudget.Testing.ScriptedChatClient("gpt-4o-mini", "openai")).UseBudget(tracker).Build();
                    await client.GetResponseAsync("x", new ChatOptions { AdditionalProperties = new AdditionalPropertiesDictionary { ["tenant"] = "acme-secret-name" } });
                });
            },
            services => services.AddBudgetProblemDetails());
        await app.SpendAsync("gpt-4o-mini", 1_000_000, 0, "acme-secret-name");
        using var http = new HttpClient { BaseAddress = app.Address };

        using HttpResponseMessage response = await http.GetAsync(new Uri("/ask", UriKind.Relative));
        string text = await response.Content.ReadAsStringAsync();
        JsonElement json = JsonDocument.Parse(text).RootElement;

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Assert.Equal("day", json.GetProperty("budget").GetString());
        Assert.Equal("Spent", json.GetProperty("reason").GetString());
        Assert.DoesNotContain("acme", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.TooManyRequests, "urn:meaibudget:problem:budget-exceeded", 60)]
    [InlineData(false, HttpStatusCode.ServiceUnavailable, "urn:meaibudget:problem:no-model-answered", 7)]
    public async Task WhereNoModelCouldAnswerTheProblemSaysWhetherToComeBackSoon(bool budgetRefused, HttpStatusCode status, string type, int retryAfter)
    {
        AttemptReceipt Attempt(int number, AttemptOutcome outcome) => new() { CallId = Guid.NewGuid(), Number = number, Route = "route-secret-name", Outcome = outcome };
        List<AttemptReceipt> attempts =
        [
            Attempt(1, AttemptOutcome.Failed) with
            {
                Failure = new ChatFailure(ChatFailureKind.Overloaded, ChatFailurePhase.Rejected) { RetryAfter = TimeSpan.FromSeconds(7) },
            },
            Attempt(2, AttemptOutcome.Skipped),
        ];
        if (budgetRefused)
        {
            attempts.Add(Attempt(3, AttemptOutcome.Refused) with
            {
                Refusal = new SpendRefusal { Budget = "day", Key = "tenant-secret-name", Reason = RefusalReason.Spent, RetryAfter = TimeSpan.FromMinutes(1) },
            });
        }

        await using StatusApplication app = await StatusApplication.StartAsync(
            new CostTracker(),
            app =>
            {
                app.UseExceptionHandler();
                app.MapGet("/ask", void () => throw new FallbackExhaustedException(attempts, []));
            },
            services => services.AddBudgetProblemDetails());
        using var http = new HttpClient { BaseAddress = app.Address };

        using HttpResponseMessage response = await http.GetAsync(new Uri("/ask", UriKind.Relative));
        string text = await response.Content.ReadAsStringAsync();

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(type, JsonDocument.Parse(text).RootElement.GetProperty("type").GetString());
        Assert.Equal(TimeSpan.FromSeconds(retryAfter), response.Headers.RetryAfter!.Delta);
        Assert.DoesNotContain("secret-name", text, StringComparison.Ordinal);
    }
}
