using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>The real providers that the environment names. Failures are made on this side of the wire, before anything is sent.</summary>
internal sealed class LiveDemoStage : DemoStage
{
    internal const string NothingFound =
        "No provider found. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or LITELLM_BASE_URL (with LITELLM_API_KEY), or start Ollama with a model "
        + "(at OLLAMA_HOST, else http://localhost:11434). Without --live the demo plays against a simulator and needs none of them.";

    private readonly Dictionary<ChatRoute, FaultHandler> _faults = [];
    private readonly List<ChatRoute> _paid = [];
    private readonly Func<string, string?> _environment;
    private ChatRoute? _local;

    private LiveDemoStage(Func<string, string?> environment) => _environment = environment;

    public override string Description =>
        $"Real providers: {string.Join(", ", Routes.Select(route => route.Name))}. Outages are made on this machine; the answers are real and cost real money, less than a cent.";

    public override IReadOnlyList<ChatRoute> Paid => _paid;

    public override ChatRoute? Local => _local;

    public static async Task<LiveDemoStage> FindAsync(Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var stage = new LiveDemoStage(environment);
        if (stage.Variable("OPENAI_API_KEY") is { } openAIKey)
        {
            stage.AddPaid("openai", handler => OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
            {
                ApiKey = openAIKey,
                BaseUrl = stage.Variable("OPENAI_BASE_URL"),
                ModelId = stage.Variable("OPENAI_MODEL") ?? "gpt-4.1-mini",
                HttpMessageHandler = handler,
            }));
        }

        if (stage.Variable("ANTHROPIC_API_KEY") is { } anthropicKey)
        {
            stage.AddPaid("anthropic", handler => AnthropicChatClientFactory.Create(new AnthropicChatClientOptions
            {
                ApiKey = anthropicKey,
                BaseUrl = stage.Variable("ANTHROPIC_BASE_URL"),
                ModelId = stage.Variable("ANTHROPIC_MODEL") ?? "claude-haiku-4-5",
                HttpMessageHandler = handler,
            }));
        }

        if (stage.Variable("LITELLM_BASE_URL") is { } proxy)
        {
            stage.AddPaid("litellm", handler => LiteLLMChatClientFactory.Create(new LiteLLMChatClientOptions
            {
                ApiKey = stage.Variable("LITELLM_API_KEY"),
                BaseUrl = proxy,
                ModelId = stage.Variable("LITELLM_MODEL") ?? "gpt-4o-mini",
                HttpMessageHandler = handler,
            }));
        }

        await stage.AddLocalAsync(cancellationToken);
        return stage;
    }

    public override void Answer(ChatRoute route, string text, long inputTokens, long outputTokens)
    {
        // A real provider says what it likes.
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

    private string? Variable(string name) => _environment(name) is { Length: > 0 } value ? value : null;

    private void AddPaid(string name, Func<HttpMessageHandler, IChatClient> create)
    {
        var handler = new FaultHandler();
        var route = new ChatRoute(name, create(handler)) { ModelClass = ModelClass, Circuit = new CircuitOptions { ConsecutiveFailures = 20 } };
        _paid.Add(route);
        _faults.Add(route, handler);
    }

    private async Task AddLocalAsync(CancellationToken cancellationToken)
    {
        string address = OllamaServer.AddressOf(Variable("OLLAMA_HOST"));
        if ((Variable("OLLAMA_MODEL") ?? await OllamaServer.FirstModelAsync(address, cancellationToken)) is not { } model)
        {
            return;
        }

        var handler = new FaultHandler();
        _local = new ChatRoute("ollama", OllamaChatClientFactory.Create(new OllamaChatClientOptions
        {
            BaseUrl = address,
            ModelId = model,
            HttpMessageHandler = handler,
        }))
        { IsLocal = true };
        _faults.Add(_local, handler);
    }
}
