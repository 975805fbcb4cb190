namespace MeaiBudget;

/// <summary>Checks the providers: types, keys, addresses.</summary>
internal static class ProviderReview
{
    /// <summary>The types that the MeaiBudget packages add.</summary>
    private static readonly string[] OurTypes = ["OpenAI", "Anthropic", "LiteLLM", "Ollama"];

    public static void Check(ConfigurationReview review)
    {
        foreach ((string name, ProviderSettings provider) in review.Options.Providers)
        {
            string path = $"Providers:{name}";
            IChatProviderFactory? factory = review.Facts.FactoryOf(provider);
            if (factory is null)
            {
                review.Report($"{path}:Type", UnknownType(provider.Type, review.Facts));
                continue;
            }

            CheckSpecific(review, path, provider, factory);
            CheckKey(review, path, provider, factory);
            CheckAddress(review, path, provider, factory);
            if (provider.ForwardTags.Count > factory.MaxForwardTags)
            {
                review.Report($"{path}:ForwardTags", factory.MaxForwardTags == 0
                    ? $"the provider type {factory.Type} cannot forward tags. Remove this setting."
                    : $"{provider.ForwardTags.Count} tags are listed, but the provider type {factory.Type} forwards at most {factory.MaxForwardTags}. Remove some.");
            }
        }
    }

    private static string UnknownType(string? type, ConfigurationFacts facts)
    {
        string[] registered = [.. facts.ProviderFactories.Select(factory => factory.Type)];
        if (string.IsNullOrWhiteSpace(type))
        {
            return $"no type is set. Write one of {string.Join(", ", registered.Union(OurTypes).Select(one => $"\"{one}\""))}.";
        }

        string shown = SecretRedactor.Default.Redact(type);
        return OurTypes.FirstOrDefault(one => one.Equals(type, StringComparison.OrdinalIgnoreCase)) is { } ours
            ? $"the type '{ours}' is not registered. Install the package MeaiBudget.{ours} and add .Add{ours}() after AddMeaiBudget(...)."
            : $"there is no provider type '{shown}'.{NearestName.Suggest(shown, registered.Union(OurTypes))}";
    }

    private static void CheckSpecific(ConfigurationReview review, string path, ProviderSettings provider, IChatProviderFactory factory)
    {
        foreach (string setting in provider.SpecificSettings())
        {
            if (!factory.SpecificSettings.Contains(setting))
            {
                review.Report($"{path}:{setting}", $"the provider type {factory.Type} does not use this setting. Remove it.");
            }
        }
    }

    private static void CheckKey(ConfigurationReview review, string path, ProviderSettings provider, IChatProviderFactory factory)
    {
        string? key = review.Facts.ApiKeyOf(provider);
        if (key is null)
        {
            if (factory.RequiresApiKey)
            {
                string full = review.PathOf($"{path}:ApiKey");
                review.Report($"{path}:ApiKey", $"the API key is missing. Set the environment variable {full.Replace(":", "__", StringComparison.Ordinal)}"
                    + (factory.ApiKeyName is { } usual ? $" or {usual}" : "")
                    + $", or run: dotnet user-secrets set \"{full}\" \"...\"");
            }
        }
        else if (key.Any(letter => letter is <= ' ' or > '~'))
        {
            review.Report($"{path}:ApiKey", "the API key contains a space, a line break or a character outside ASCII. Remove that character where the key is set.");
        }
    }

    private static void CheckAddress(ConfigurationReview review, string path, ProviderSettings provider, IChatProviderFactory factory)
    {
        try
        {
            _ = new AddressOnly { BaseUrl = provider.BaseUrl }.RequireBaseUrl(factory.Type, factory.DefaultBaseUrl);
        }
        catch (ProviderConfigurationException exception)
        {
            review.Report($"{path}:BaseUrl", exception.Reason);
        }
    }

    private sealed class AddressOnly : ProviderClientOptions;
}
