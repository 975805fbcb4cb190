using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Makes the clients of one type of provider for <c>AddMeaiBudget</c>. Each provider package has one. Thread-safe.</summary>
public interface IChatProviderFactory
{
    /// <summary>Gets the name of the type, as configuration writes it in <c>"Type"</c>.</summary>
    string Type { get; }

    /// <summary>Gets the provider's name as in its clients' metadata. Prices are found by it.</summary>
    string ProviderName { get; }

    /// <summary>Gets the address that is used if configuration has none; <see langword="null"/> if configuration must have one.</summary>
    string? DefaultBaseUrl { get; }

    /// <summary>Gets the usual variable of the provider's API key, for example <c>OPENAI_API_KEY</c>; <see langword="null"/> if there is none.</summary>
    string? ApiKeyName { get; }

    /// <summary>Gets a value indicating whether an API key is required.</summary>
    bool RequiresApiKey { get; }

    /// <summary>Gets the most tags of <see cref="ProviderSettings.ForwardTags"/> that its requests can carry.</summary>
    int MaxForwardTags { get; }

    /// <summary>Gets the members of <see cref="ProviderSettings"/> that it uses and that not every type uses.</summary>
    IReadOnlyCollection<string> SpecificSettings { get; }

    /// <summary>Makes a client for one route, with the SDK's own retries off.</summary>
    /// <param name="context">The route and its settings, which are validated.</param>
    /// <returns>The client; disposed with the service provider.</returns>
    IChatClient CreateClient(ChatProviderContext context);
}
