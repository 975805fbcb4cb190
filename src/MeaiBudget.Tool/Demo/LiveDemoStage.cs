using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>The real providers of the environment variables. Failures are simulated before anything is sent.</summary>
internal sealed class LiveDemoStage : DemoStage
{
    internal const string NothingFound =
        "No provider found. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or LITELLM_BASE_URL (with LITELLM_API_KEY), or start Ollama with a model "
        + "(at OLLAMA_HOST, else http://localhost:11434). Without --live the demo uses a simulator and needs none of them.";

    private readonly Dictionary<ChatRoute, FaultHandler> _faults = [];
    private readonly List<ChatRoute> _paid = [];
    private ChatRoute? _local;

    private LiveDemoStage()
    {
    }

    public override string Description =>
        $"Real providers: {string.Join(", ", Routes.Select(route => route.Name))}. Outages are simulated on this machine. The answers are real and cost real money, less than a cent.";

    public override IReadOnlyList<ChatRoute> Paid => _paid;

    public override ChatRoute? Local => _local;

    /// <exception cref="ProviderConfigurationException">A variable is invalid, such as a malformed URL.</exception>
    public static async Task<LiveDemoStage> FindAsync(Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var stage = new LiveDemoStage();
        try
        {
            foreach (DiscoveredProvider provider in await DiscoveredProvider.FindAsync(environment, cancellationToken))
            {
                stage.Add(provider);
            }

            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public override void Answer(ChatRoute route, string text, long inputTokens, long outputTokens)
    {
        // The answers of a real provider cannot be scripted.
    }

    public override void Fail(ChatRoute route, int status, int times, string? retryAfter = null) => _faults[route].Add(status, times, retryAfter);

    public override ValueTask DisposeAsync()
    {
        foreach ((ChatRoute route, FaultHandler handler) in _faults)
        {
            route.Client.Dispose();
            handler.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static IChatClient ClientOf(DiscoveredProvider provider, HttpMessageHandler handler)
    {
        return provider.Type switch
        {
            DiscoveredProvider.OpenAI => OpenAIChatClientFactory.Create(Fill(new OpenAIChatClientOptions())),
            DiscoveredProvider.Anthropic => AnthropicChatClientFactory.Create(Fill(new AnthropicChatClientOptions())),
            DiscoveredProvider.LiteLLM => LiteLLMChatClientFactory.Create(Fill(new LiteLLMChatClientOptions())),
            _ => OllamaChatClientFactory.Create(Fill(new OllamaChatClientOptions())),
        };

        TOptions Fill<TOptions>(TOptions options)
            where TOptions : ProviderClientOptions
        {
            options.ApiKey = provider.ApiKey;
            options.BaseUrl = provider.BaseUrl;
            options.ModelId = provider.Model;
            options.HttpMessageHandler = handler;
            return options;
        }
    }

    private void Add(DiscoveredProvider provider)
    {
        var handler = new FaultHandler();
        IChatClient client;
        try
        {
            client = ClientOf(provider, handler);
        }
        catch
        {
            handler.Dispose();
            throw;
        }

        if (provider.Type == DiscoveredProvider.Ollama)
        {
            _local = new ChatRoute(provider.Name, client) { IsLocal = true };
            _faults.Add(_local, handler);
        }
        else
        {
            var route = new ChatRoute(provider.Name, client) { ModelClass = ModelClass, Circuit = new CircuitOptions { ConsecutiveFailures = 20 } };
            _paid.Add(route);
            _faults.Add(route, handler);
        }
    }
}
