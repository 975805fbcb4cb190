using System.Security.Claims;
using System.Text.Encodings.Web;
using MeaiBudget.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Tests;

/// <summary>A web application with the console, whose user is named by a header or, in a browser, by a cookie.</summary>
internal sealed class ConsoleApplication : IAsyncDisposable
{
    public const string Reader = "reader";
    public const string Operator = "operator";

    private ConsoleApplication(WebApplication application, CostTracker tracker)
    {
        Application = application;
        Tracker = tracker;
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public WebApplication Application { get; }

    public CostTracker Tracker { get; }

    public Uri Address { get; }

    /// <summary>Starts an application.</summary>
    /// <param name="tracker">The budgets.</param>
    /// <param name="everybody">The user that every request without a header has; <see langword="null"/> for none.</param>
    /// <param name="configure">Sets options of the console, after the two policies.</param>
    /// <param name="register">Registers more services.</param>
    /// <param name="time">The clock of the console; the system's by default.</param>
    public static async Task<ConsoleApplication> StartAsync(
        CostTracker tracker, string? everybody = null, Action<BudgetConsoleOptions>? configure = null, Action<IServiceCollection>? register = null, TimeProvider? time = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services.AddSingleton(tracker);
        builder.Services.AddBudgetConsole();
        builder.Services.AddAuthentication("header").AddScheme<Users, UserByHeader>("header", options => options.Everybody = everybody);
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy("read", policy => policy.RequireAuthenticatedUser())
            .AddPolicy("act", policy => policy.RequireUserName(Operator));
        register?.Invoke(builder.Services);
        WebApplication application = builder.Build();
        application.UseAuthentication();
        application.UseAuthorization();
        application.MapBudgetConsole("/console", options =>
        {
            options.AuthorizationPolicy = "read";
            options.ActionsPolicy = "act";
            options.RefreshInterval = TimeSpan.FromMilliseconds(100);
            configure?.Invoke(options);
        });
        await application.StartAsync();
        return new ConsoleApplication(application, tracker);
    }

    public HttpClient Client(string? user)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new() }) { BaseAddress = Address };
        if (user is not null)
        {
            client.DefaultRequestHeaders.Add("X-User", user);
        }

        return client;
    }

    /// <summary>Makes a call; a refusal is not thrown.</summary>
    public async Task CallAsync(string modelId, long inputTokens, long outputTokens, string? tenant = null)
    {
        var provider = new ScriptedChatClient(modelId, modelId.StartsWith("claude", StringComparison.Ordinal) ? "anthropic" : "openai");
        provider.Enqueue(ScriptedReply.Text("the answer nobody may see").WithUsage(inputTokens, outputTokens).WithModelId(modelId));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(Tracker).Build(Application.Services);
        var options = new ChatOptions { ModelId = modelId, MaxOutputTokens = 100 };
        if (tenant is not null)
        {
            options.AdditionalProperties = new AdditionalPropertiesDictionary { ["tenant"] = tenant };
        }

        try
        {
            await client.GetResponseAsync("the question nobody may see", options);
        }
        catch (BudgetExceededException)
        {
            // The console shows it.
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        await Application.StopAsync(limit.Token);
        await Application.DisposeAsync();
    }

    public sealed class Users : AuthenticationSchemeOptions
    {
        public string? Everybody { get; set; }
    }

    private sealed class UserByHeader(IOptionsMonitor<Users> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<Users>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? user = Request.Headers["X-User"].ToString() is { Length: > 0 } named ? named : Options.Everybody;
            return Task.FromResult(user is null
                ? AuthenticateResult.NoResult()
                : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "header")), "header")));
        }
    }
}
