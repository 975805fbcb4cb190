using MeaiBudget.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tests;

/// <summary>A web application with budgets, on its own port.</summary>
internal sealed class StatusApplication : IAsyncDisposable
{
    private StatusApplication(WebApplication application, CostTracker tracker)
    {
        Application = application;
        Tracker = tracker;
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public WebApplication Application { get; }

    public CostTracker Tracker { get; }

    public Uri Address { get; }

    public ScriptedChatClient Provider { get; } = new("gpt-4o-mini", "openai");

    public static async Task<StatusApplication> StartAsync(
        CostTracker tracker, Action<WebApplication>? map = null, Action<IServiceCollection>? register = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(tracker);
        builder.Services.AddBudgetStatus();
        register?.Invoke(builder.Services);
        WebApplication application = builder.Build();
        (map ?? (app => app.MapBudgetStatus("/budgets", options =>
        {
            options.AllowAnonymous = true;
            options.RefreshInterval = TimeSpan.FromMilliseconds(100);
        })))(application);
        await application.StartAsync();
        return new StatusApplication(application, tracker);
    }

    public async Task SpendAsync(string modelId, long inputTokens, long outputTokens, string? tenant = null)
    {
        using IChatClient client = new ChatClientBuilder(Provider).UseBudget(Tracker).Build(Application.Services);
        Provider.Enqueue(ScriptedReply.Text("the answer nobody may see").WithUsage(inputTokens, outputTokens).WithModelId(modelId));
        var options = new ChatOptions { ModelId = modelId, MaxOutputTokens = 100 };
        if (tenant is not null)
        {
            options.AdditionalProperties = new AdditionalPropertiesDictionary { ["tenant"] = tenant };
        }

        await client.GetResponseAsync("the question nobody may see", options);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        await Application.StopAsync(limit.Token);
        await Application.DisposeAsync();
    }
}
