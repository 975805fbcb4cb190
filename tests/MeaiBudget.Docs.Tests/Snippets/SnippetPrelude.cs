using MeaiBudget.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NSubstitute;

namespace MeaiBudget.Tests;

#pragma warning disable IDE1006, SA1300, CA1051, CA1708 // Members are named as pages name the variables of an app.

/// <summary>The members that snippets may use without declaring them: an application's clients, its tracker, a question.</summary>
/// <remarks>Clients are scripted; files that a snippet reads lie in the current folder (see <see cref="SnippetFolder"/>).</remarks>
public abstract class SnippetPrelude : IAsyncDisposable
{
    private readonly Lazy<WebApplication> _app;
    private readonly Lazy<ProviderSimulator> _simulator = new(() => ProviderSimulator.StartAsync().GetAwaiter().GetResult());
    private readonly ServiceProvider _services;

    protected SnippetPrelude()
    {
        builder = WebApplication.CreateBuilder();
        builder.Services.AddAuthorization();
        _app = new(() => builder.Build());
        _services = new ServiceCollection()
            .AddLogging()
            .AddDistributedMemoryCache()
            .AddSingleton(tracker)
            .BuildServiceProvider();
        services = _services;
    }

    /// <summary>Providers that the app has.</summary>
    protected IChatClient openAi { get; } = new ScriptedChatClient("gpt-4.1-mini", "openai");

    protected IChatClient anthropic { get; } = new ScriptedChatClient("claude-haiku-4-5", "anthropic");

    protected IChatClient ollama { get; } = new ScriptedChatClient("llama3.2", "ollama", new Uri("http://localhost:11434"));

    protected IChatClient client { get; set; } = new ScriptedChatClient("gpt-4.1-mini", "openai");

    protected CostTracker tracker { get; } = new(Budget.Daily("all", 20m), Budget.Daily("tenant", 2m).PerTag("tenant"));

    /// <summary>A simulator of the providers, where a test has started one.</summary>
    protected ProviderSimulator simulator => _simulator.Value;

    /// <summary>The app, and what its container has.</summary>
    protected WebApplicationBuilder builder { get; }

    protected WebApplication app => _app.Value;

    protected IServiceProvider services { get; }

    protected IConfiguration configuration => builder.Configuration;

    /// <summary>What an app may have besides.</summary>
    protected IEmbeddingGenerator<string, Embedding<float>> openAiEmbeddings { get; } = Substitute.For<IEmbeddingGenerator<string, Embedding<float>>>();

    protected IImageGenerator openAiImages { get; } = Substitute.For<IImageGenerator>();

    protected IDistributedCache cache => services.GetRequiredService<IDistributedCache>();

    protected HttpMessageHandler corporateProxy { get; } = new SocketsHttpHandler();

    protected string[] args { get; } = [];

    /// <summary>The question as chat messages.</summary>
    protected IList<ChatMessage> messages { get; } = [new(ChatRole.User, "What is the capital of Italy?")];

    protected ChatOptions options { get; set; } = new();

    protected string key { get; } = "not-a-key";

    protected CancellationToken cancellationToken { get; } = CancellationToken.None;

    protected DateTimeOffset from { get; } = DateTimeOffset.UnixEpoch;

    protected DateTimeOffset to { get; } = DateTimeOffset.MaxValue;

    /// <summary>The snippet.</summary>
    public abstract Task RunAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_app.IsValueCreated)
        {
            await _app.Value.DisposeAsync();
        }

        if (_simulator.IsValueCreated)
        {
            await _simulator.Value.DisposeAsync();
        }

        corporateProxy.Dispose();
        await _services.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
