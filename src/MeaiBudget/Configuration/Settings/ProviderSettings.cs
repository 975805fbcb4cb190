namespace MeaiBudget;

/// <summary>One provider, in configuration.</summary>
public sealed class ProviderSettings
{
    /// <summary>Gets or sets the type: <c>OpenAI</c>, <c>AzureOpenAI</c>, <c>Anthropic</c>, <c>LiteLLM</c>, <c>Ollama</c>, or the type of a factory of your own.</summary>
    public string? Type { get; set; }

    /// <summary>
    /// Gets or sets the API key. Do not write it into a file of the source: use the environment, user secrets or a vault. If it is left
    /// out, the provider's usual variable (<c>OPENAI_API_KEY</c> and the like) is read from the application's configuration.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>Gets or sets the address of the service; <see langword="null"/> for the provider's own.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Gets or sets how long one request may take. Default: 100 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets or sets whether requests that passed no budget are refused; see <see cref="ChatWireHandler.RequireBudget"/>. Default: false.</summary>
    public bool RequireBudget { get; set; }

    /// <summary>Gets the names of tags that the provider may see; none by default. How many it takes depends on the provider.</summary>
    public IList<string> ForwardTags { get; } = [];

    /// <summary>Gets the names that a gateway gives to response headers, by what they mean; see <see cref="ChatWireHandler.ResponseHeaders"/>.</summary>
    public IDictionary<string, string> ResponseHeaders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets whether the Responses API is used. For OpenAI.</summary>
    public bool? UseResponsesApi { get; set; }

    /// <summary>Gets or sets whether the provider stores answers; <see langword="null"/> for the provider's default. For OpenAI and LiteLLM.</summary>
    public bool? StoreResponses { get; set; }

    /// <summary>Gets or sets the organization to bill. For OpenAI.</summary>
    public string? OrganizationId { get; set; }

    /// <summary>Gets or sets the project to bill. For OpenAI.</summary>
    public string? ProjectId { get; set; }

    /// <summary>Gets the models behind deployments, by deployment name; prices, tokenizer and limits are those of the model. For AzureOpenAI.</summary>
    public IDictionary<string, string> Deployments { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets whether a temperature is sent. For Anthropic.</summary>
    public bool? SendTemperature { get; set; }

    /// <summary>Gets or sets the context window that is requested, in tokens. For Ollama.</summary>
    public int? ContextLength { get; set; }

    /// <summary>Gets or sets whether an answer to a request that the server cut is rejected. For Ollama.</summary>
    public bool? ThrowWhenInputTruncated { get; set; }

    /// <summary>Gets the settings for a provider factory of your own.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The names of the settings that are set and that not every type uses.</summary>
    internal IEnumerable<string> SpecificSettings()
    {
        if (UseResponsesApi is not null)
        {
            yield return nameof(UseResponsesApi);
        }

        if (StoreResponses is not null)
        {
            yield return nameof(StoreResponses);
        }

        if (OrganizationId is not null)
        {
            yield return nameof(OrganizationId);
        }

        if (ProjectId is not null)
        {
            yield return nameof(ProjectId);
        }

        if (Deployments.Count > 0)
        {
            yield return nameof(Deployments);
        }

        if (SendTemperature is not null)
        {
            yield return nameof(SendTemperature);
        }

        if (ContextLength is not null)
        {
            yield return nameof(ContextLength);
        }

        if (ThrowWhenInputTruncated is not null)
        {
            yield return nameof(ThrowWhenInputTruncated);
        }

        if (Settings.Count > 0)
        {
            yield return nameof(Settings);
        }
    }
}
