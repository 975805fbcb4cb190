using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>The real SDKs of the four providers with a simulator of their servers. Needs no key and no account, and sends nothing to other machines.</summary>
internal sealed class SimulatedDemoStage : DemoStage
{
    private readonly ProviderSimulator _simulator;
    private readonly HttpMessageHandler _handler = ProviderSimulator.CreateHttpHandler();
    private readonly Dictionary<ChatRoute, ProviderScript> _scripts;

    private SimulatedDemoStage(ProviderSimulator simulator)
    {
        const string anyKey = "a-key-the-simulator-takes";
        _simulator = simulator;
        ChatRoute openAI = Route("openai", OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
        {
            ApiKey = anyKey,
            BaseUrl = simulator.OpenAIBaseUrl.ToString(),
            ModelId = "gpt-4.1-mini",
            HttpMessageHandler = _handler,
        }));
        ChatRoute anthropic = Route("anthropic", AnthropicChatClientFactory.Create(new AnthropicChatClientOptions
        {
            ApiKey = anyKey,
            BaseUrl = simulator.AnthropicBaseUrl.ToString(),
            ModelId = "claude-haiku-4-5",
            HttpMessageHandler = _handler,
        }));
        ChatRoute proxy = Route("litellm", LiteLLMChatClientFactory.Create(new LiteLLMChatClientOptions
        {
            ApiKey = anyKey,
            BaseUrl = simulator.LiteLLMBaseUrl.ToString(),
            ModelId = "gpt-4o-mini",
            HttpMessageHandler = _handler,
        }));
        Local = new ChatRoute("ollama", OllamaChatClientFactory.Create(new OllamaChatClientOptions
        {
            BaseUrl = simulator.OllamaBaseUrl.ToString(),
            ModelId = "llama3.2",
            HttpMessageHandler = _handler,
        }))
        { IsLocal = true };
        Paid = [openAI, anthropic, proxy];
        _scripts = new()
        {
            [openAI] = simulator.OpenAI,
            [anthropic] = simulator.Anthropic,
            [proxy] = simulator.LiteLLM,
            [Local] = simulator.Ollama,
        };
    }

    public override string Description => "Real SDKs of OpenAI, Anthropic, LiteLLM and Ollama, answered by a simulator on this machine.";

    public override IReadOnlyList<ChatRoute> Paid { get; }

    public override ChatRoute Local { get; }

    public static async Task<SimulatedDemoStage> StartAsync() => new(await ProviderSimulator.StartAsync(new ProviderSimulatorOptions
    {
        // The proxy states the cost of each answer; here it is the list price of gpt-4o-mini.
        LiteLLMCost = static (_, usage) => ((usage.InputTokens * 0.15m) + (usage.OutputTokens * 0.60m)) / 1_000_000m,
    }));

    public override void Answer(ChatRoute route, string text, long inputTokens, long outputTokens) =>
        _scripts[route].Enqueue(SimulatedResponse.Text(text).WithUsage(inputTokens, outputTokens));

    public override void Fail(ChatRoute route, int status, int times, string? retryAfter = null)
    {
        SimulatedResponse failure = status switch
        {
            429 => SimulatedResponse.RateLimited(retryAfter),
            503 => SimulatedResponse.Overloaded(),
            _ => SimulatedResponse.Error(status),
        };
        for (int i = 0; i < times; i++)
        {
            _scripts[route].Enqueue(failure);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (ChatRoute route in Routes)
        {
            route.Client.Dispose();
        }

        _handler.Dispose();
        await _simulator.DisposeAsync();
    }

    private static ChatRoute Route(string name, IChatClient client) => new(name, client)
    {
        ModelClass = ModelClass,

        // An open circuit after the failures of one step would hide what the next step shows.
        Circuit = new CircuitOptions { ConsecutiveFailures = 20 },
    };
}
