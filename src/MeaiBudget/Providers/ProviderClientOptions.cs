namespace MeaiBudget;

/// <summary>What every provider's factory can be told. Copied when the client is made; later changes have no effect.</summary>
public abstract class ProviderClientOptions
{
    /// <summary>The temperature that a request gets where the caller set none.</summary>
    public const float StandardTemperature = 0.3f;

    /// <summary>Gets or sets the key. Never written to a log, an exception or a text.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Gets or sets the address of the service, for example <c>https://api.openai.com/v1</c>.</summary>
    /// <value>By default the provider's own.</value>
    public string? BaseUrl { get; set; }

    /// <summary>Gets or sets the model to ask where a request names none: the provider's id or a key of <see cref="ModelMap"/>.</summary>
    public string? ModelId { get; set; }

    /// <summary>Gets or sets how long one request may take; for a stream, how long its start may take, and each wait for more.</summary>
    /// <value>By default 100 seconds; more than zero.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets the map from logical names (such as <c>fast</c>) to the provider's model ids; other ids pass unchanged.</summary>
    public IDictionary<string, string> ModelMap { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets the temperature of requests that set none.</summary>
    /// <value>By default <see cref="StandardTemperature"/>; <see langword="null"/> leaves it to the provider. An explicit 0 of the caller stays 0.</value>
    public float? DefaultTemperature { get; set; } = StandardTemperature;

    /// <summary>Gets or sets which models take a temperature.</summary>
    /// <value>By default what is known of the models that reject one (docs/providers.md lists them).</value>
    public Func<string, bool>? AcceptsTemperature { get; set; }

    /// <summary>
    /// Gets the names of the tags (entries of <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/>) that the
    /// provider may see. Case counts.
    /// </summary>
    /// <value>
    /// By default none: tags stay local. OpenAI and LiteLLM get them as <c>metadata</c>, at most 16; Anthropic one of them as
    /// <c>metadata.user_id</c>; Ollama has no place for any.
    /// </value>
    public ISet<string> ForwardTags { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Gets or sets the handler that sends requests: for a proxy, a certificate, a test. Not disposed by the client.</summary>
    /// <value>By default one shared handler for the process.</value>
    public HttpMessageHandler? HttpMessageHandler { get; set; }

    /// <summary>Gives the address, or says what is wrong with it.</summary>
    internal Uri RequireBaseUrl(string provider, string? defaultUrl)
    {
        var text = BaseUrl ?? defaultUrl ?? throw new ProviderConfigurationException(
            provider, nameof(BaseUrl), "no base URL. Set BaseUrl to the address of the server, for example http://localhost:4000.");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw new ProviderConfigurationException(
                provider, nameof(BaseUrl), "the base URL is not an http or https address. Set BaseUrl to one such as " + (defaultUrl ?? "http://localhost:4000") + ".");
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new ProviderConfigurationException(
                provider, nameof(BaseUrl), "the base URL holds a user name, a query or a fragment. Give only scheme, host, port and path, and the key as ApiKey.");
        }

        return uri;
    }

    /// <summary>Gives the key, or says what is wrong with it without repeating it.</summary>
    internal string RequireApiKey(string provider, string environmentVariable)
    {
        if (string.IsNullOrWhiteSpace(ApiKey))
        {
            throw new ProviderConfigurationException(
                provider, nameof(ApiKey), $"no API key. Set ApiKey, for example from the environment variable {environmentVariable}; a server that wants none takes any text.");
        }

        if (ApiKey.Any(c => c is <= ' ' or > '~'))
        {
            throw new ProviderConfigurationException(
                provider, nameof(ApiKey), "the API key holds a blank, a line break or another character that no key has. Trim it where it is read.");
        }

        return ApiKey;
    }

    /// <summary>Gives the default model as the provider names it, or says that there is none.</summary>
    internal string RequireModelId(string provider, string example) =>
        string.IsNullOrWhiteSpace(ModelId)
            ? throw new ProviderConfigurationException(provider, nameof(ModelId), $"no model. Set ModelId, for example to {example}.")
            : ModelMap.TryGetValue(ModelId, out var mapped) ? mapped : ModelId;

    /// <summary>Says what is wrong if more tags are to be forwarded than the provider takes.</summary>
    internal void RequireForwardTags(string provider, int most)
    {
        if (ForwardTags.Count > most)
        {
            throw new ProviderConfigurationException(
                provider, nameof(ForwardTags), most == 0
                    ? "the provider's requests have no place for tags. Leave ForwardTags empty."
                    : $"{ForwardTags.Count} tags are to be forwarded, and the provider takes {most}. Name fewer in ForwardTags.");
        }
    }

    internal TimeSpan RequireTimeout(string provider) => Timeout > TimeSpan.Zero
        ? Timeout
        : throw new ProviderConfigurationException(provider, nameof(Timeout), "the timeout is not more than zero. Set Timeout to the longest time that one request may take.");
}
