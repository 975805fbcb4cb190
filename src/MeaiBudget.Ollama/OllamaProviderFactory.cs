using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget;

/// <summary>Creates the clients of routes whose provider has the type <c>Ollama</c> in configuration.</summary>
internal sealed class OllamaProviderFactory(Action<OllamaChatClientOptions>? configure) : IChatProviderFactory
{
    public string Type => "Ollama";

    public string ProviderName => "ollama";

    public string? DefaultBaseUrl => OllamaChatClientFactory.DefaultBaseUrl;

    public string? ApiKeyName => OllamaChatClientFactory.ApiKeyName;

    public bool RequiresApiKey => false;

    public int MaxForwardTags => 0;

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(ProviderSettings.ContextLength), nameof(ProviderSettings.ThrowWhenInputTruncated)];

    public IChatClient CreateClient(ChatProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        OllamaChatClientOptions options = context.Apply(new OllamaChatClientOptions
        {
            ContextLength = context.Settings.ContextLength,
            ThrowWhenInputTruncated = context.Settings.ThrowWhenInputTruncated ?? false,
            TokenEstimator = context.Services.GetService<ITokenEstimator>(),
        });
        configure?.Invoke(options);
        return OllamaChatClientFactory.Create(options);
    }
}
