using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>The four factories, pointed at a simulator.</summary>
internal static class RealClients
{
    public static IChatClient Create(ProviderSimulator simulator, SimulatedProvider provider, string modelId, Action<ProviderClientOptions>? configure = null)
    {
        switch (provider)
        {
            case SimulatedProvider.OpenAI:
                return OpenAIChatClientFactory.Create(Configured(new OpenAIChatClientOptions(), simulator.OpenAIBaseUrl));
            case SimulatedProvider.Anthropic:
                return AnthropicChatClientFactory.Create(Configured(new AnthropicChatClientOptions { SendTemperature = true }, simulator.AnthropicBaseUrl));
            case SimulatedProvider.LiteLLM:
                return LiteLLMChatClientFactory.Create(Configured(new LiteLLMChatClientOptions(), simulator.LiteLLMBaseUrl));
            default:
                return OllamaChatClientFactory.Create(Configured(new OllamaChatClientOptions(), simulator.OllamaBaseUrl));
        }

        T Configured<T>(T options, Uri baseUrl)
            where T : ProviderClientOptions
        {
            options.ApiKey = provider == SimulatedProvider.Ollama ? null : "sk-any";
            options.BaseUrl = baseUrl.ToString();
            options.ModelId = modelId;
            configure?.Invoke(options);
            return options;
        }
    }
}
