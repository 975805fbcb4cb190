using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Options of all providers' factories. Copied when the client is created; later changes have no effect.</summary>
public abstract class ProviderClientOptions
{
    /// <summary>The default temperature of requests that set none.</summary>
    public const float StandardTemperature = 0.3f;

    /// <summary>Gets or sets the API key. It is never logged and never part of an exception or a text.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Gets or sets the base URL of the service, for example <c>https://api.openai.com/v1</c>.</summary>
    /// <value>The default is the provider's own URL.</value>
    public string? BaseUrl { get; set; }

    /// <summary>Gets or sets the model of requests that name none: a provider's id or a key of <see cref="ModelMap"/>.</summary>
    public string? ModelId { get; set; }

    /// <summary>Gets or sets the timeout of a request. For a stream it applies to the time until the response starts, and to each wait for more data.</summary>
    /// <value>The default is 100 seconds; more than zero.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// Gets the map from logical names (such as <c>fast</c>) to the provider's model ids; case is ignored. Names without an entry are sent
    /// unchanged.
    /// </summary>
    public IDictionary<string, string> ModelMap { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets the temperature of requests that set none.</summary>
    /// <value>The default is <see cref="StandardTemperature"/>; <see langword="null"/> sends no temperature. A temperature of 0 that the caller sets is sent as 0.</value>
    public float? DefaultTemperature { get; set; } = StandardTemperature;

    /// <summary>Gets or sets a function that returns whether a model accepts a temperature.</summary>
    /// <value>The default uses the known models that reject one (docs/providers.md lists them).</value>
    public Func<string, bool>? AcceptsTemperature { get; set; }

    /// <summary>
    /// Gets the names of the tags (entries of <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/>) that are
    /// sent to the provider. Case-sensitive.
    /// </summary>
    /// <value>
    /// The default is none: tags are not sent. OpenAI and LiteLLM receive them as <c>metadata</c>, at most 16; Anthropic receives
    /// one as <c>metadata.user_id</c>; Ollama supports none.
    /// </value>
    public ISet<string> ForwardTags { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Gets or sets the handler that sends requests, for example for a proxy, a certificate or a test. The client does not dispose it.</summary>
    /// <value>The default is one handler that the process shares.</value>
    public HttpMessageHandler? HttpMessageHandler { get; set; }

    /// <summary>Gets or sets the longest answer that is read, in bytes. A longer one ends with an error and is charged.</summary>
    /// <value>
    /// The default is 16 MB; more than zero. One event of a stream may have half of it, an answer with embeddings four times as much, and an
    /// error 1 MB. Raise it for models that return large images or sound.
    /// </value>
    public long MaxAnswerBytes { get; set; } = WireLimits.DefaultBody;

    /// <summary>
    /// Gets the names that a gateway gives to response headers, by what they mean: <c>cost</c> (in US dollars), <c>retry-after</c>,
    /// <c>remaining-tokens</c>, <c>remaining-quota</c>, <c>request-id</c>. Case is ignored.
    /// </summary>
    /// <value>The default is none. See <see cref="ChatWireHandler.ResponseHeaders"/>.</value>
    public IDictionary<string, string> ResponseHeaders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets a value indicating whether requests to models that passed no budget are refused before they are sent.</summary>
    /// <value>The default is <see langword="false"/>: they are sent, counted and logged. See <see cref="ChatWireHandler.RequireBudget"/>.</value>
    public bool RequireBudget { get; set; }

    /// <summary>Gets or sets the logger factory for what the client itself reports, for example requests that passed no budget.</summary>
    /// <value>The default is <see langword="null"/>; see <see cref="ChatWireHandler.LoggerFactory"/>.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Copies these options to the options of another provider, for a provider that is based on its client.</summary>
    /// <typeparam name="TOptions">The type of the other options.</typeparam>
    /// <param name="target">The other options. Entries are added to its map and tags; all other options are replaced.</param>
    /// <returns>The other options.</returns>
    public TOptions CopyTo<TOptions>(TOptions target)
        where TOptions : ProviderClientOptions
    {
        ArgumentNullException.ThrowIfNull(target);
        target.ApiKey = ApiKey;
        target.BaseUrl = BaseUrl;
        target.ModelId = ModelId;
        target.Timeout = Timeout;
        target.DefaultTemperature = DefaultTemperature;
        target.AcceptsTemperature = AcceptsTemperature;
        target.HttpMessageHandler = HttpMessageHandler;
        target.MaxAnswerBytes = MaxAnswerBytes;
        target.RequireBudget = RequireBudget;
        target.LoggerFactory = LoggerFactory;
        target.ForwardTags.UnionWith(ForwardTags);
        foreach ((string name, string modelId) in ModelMap)
        {
            target.ModelMap[name] = modelId;
        }

        foreach ((string meaning, string name) in ResponseHeaders)
        {
            target.ResponseHeaders[meaning] = name;
        }

        return target;
    }

    /// <summary>Returns the base URL; throws if it is missing or invalid.</summary>
    internal Uri RequireBaseUrl(string provider, string? defaultUrl)
    {
        string text = BaseUrl ?? defaultUrl ?? throw new ProviderConfigurationException(
            provider, nameof(BaseUrl), "the base URL is missing. Set BaseUrl to the address of the server, for example http://localhost:4000.");
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw new ProviderConfigurationException(
                provider, nameof(BaseUrl), "the base URL is not an http or https URL. Set BaseUrl to a URL such as " + (defaultUrl ?? "http://localhost:4000") + ".");
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new ProviderConfigurationException(
                provider, nameof(BaseUrl), "the base URL contains a user name, a query or a fragment. Set BaseUrl to scheme, host, port and path only, and set the key as ApiKey.");
        }

        return uri;
    }

    /// <summary>Returns the API key; throws, without repeating it, if it is missing or invalid.</summary>
    internal string RequireApiKey(string provider, string? environmentVariable)
    {
        if (string.IsNullOrWhiteSpace(ApiKey))
        {
            throw new ProviderConfigurationException(
                provider, nameof(ApiKey), $"the API key is missing. Set ApiKey{(environmentVariable is null ? "" : $", for example from the environment variable {environmentVariable}")}. If the server needs no key, set any text.");
        }

        if (ApiKey.Any(c => c is <= ' ' or > '~'))
        {
            throw new ProviderConfigurationException(
                provider, nameof(ApiKey), "the API key contains a space, a line break or another invalid character. Trim it when you read it.");
        }

        return ApiKey;
    }

    /// <summary>Returns the provider's id of the default model; throws if there is none.</summary>
    internal string RequireModelId(string provider, string example) =>
        string.IsNullOrWhiteSpace(ModelId)
            ? throw new ProviderConfigurationException(provider, nameof(ModelId), $"the model is missing. Set ModelId, for example to {example}.")
            : ModelMap.TryGetValue(ModelId, out string? mapped) ? mapped : ModelId;

    /// <summary>Throws if more tags are to be forwarded than the provider supports.</summary>
    internal void RequireForwardTags(string provider, int most)
    {
        if (ForwardTags.Count > most)
        {
            throw new ProviderConfigurationException(
                provider, nameof(ForwardTags), most == 0
                    ? "the provider's requests do not support tags. Leave ForwardTags empty."
                    : $"ForwardTags has {ForwardTags.Count} tags, but the provider supports {most}. Remove tags from ForwardTags.");
        }
    }

    internal IReadOnlyDictionary<string, string> RequireResponseHeaders(string provider)
    {
        foreach ((string meaning, string name) in ResponseHeaders)
        {
            if (GatewayHeaders.ProblemOf(meaning, name) is { } problem)
            {
                throw new ProviderConfigurationException(provider, nameof(ResponseHeaders), problem);
            }
        }

        return ResponseHeaders.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    internal long RequireMaxAnswerBytes(string provider) => MaxAnswerBytes > 0
        ? MaxAnswerBytes
        : throw new ProviderConfigurationException(provider, nameof(MaxAnswerBytes), "the longest answer is zero or less. Set MaxAnswerBytes to the most bytes that one answer may have.");

    internal TimeSpan RequireTimeout(string provider) => Timeout > TimeSpan.Zero
        ? Timeout
        : throw new ProviderConfigurationException(provider, nameof(Timeout), "the timeout is zero or less. Set Timeout to the longest time that one request may take.");
}
