using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Makes the clients of one type of provider for <c>AddMeaiBudget</c>. The provider packages bring one each; thread-safe.</summary>
public interface IChatProviderFactory
{
    /// <summary>Gets the name of the type, as <c>"Type"</c> in configuration says it.</summary>
    string Type { get; }

    /// <summary>Gets the provider's name as its clients' metadata say it, by which prices are found.</summary>
    string ProviderName { get; }

    /// <summary>Gets the address that is used where configuration names none; <see langword="null"/> if one must be named.</summary>
    string? DefaultBaseUrl { get; }

    /// <summary>Gets the name under which the provider's key usually lies, for example <c>OPENAI_API_KEY</c>; <see langword="null"/> if it takes none.</summary>
    string? ApiKeyName { get; }

    /// <summary>Gets a value indicating whether it cannot do without a key.</summary>
    bool RequiresApiKey { get; }

    /// <summary>Gets how many tags its requests have a place for, of those that <see cref="ProviderSettings.ForwardTags"/> names.</summary>
    int MaxForwardTags { get; }

    /// <summary>Gets the members of <see cref="ProviderSettings"/> that it takes and not every type does.</summary>
    IReadOnlyCollection<string> SpecificSettings { get; }

    /// <summary>Makes a client for one route, with the SDK's own retries off.</summary>
    /// <param name="context">What configuration says, checked already.</param>
    /// <returns>The client; disposed with the service provider.</returns>
    IChatClient CreateClient(ChatProviderContext context);
}
