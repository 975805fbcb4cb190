using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The route for which a provider factory makes a client.</summary>
public sealed class ChatProviderContext
{
    internal ChatProviderContext(string name, string modelId, ProviderSettings settings, string? apiKey, float? defaultTemperature, IServiceProvider services)
    {
        Name = name;
        ModelId = modelId;
        Settings = settings;
        ApiKey = apiKey;
        DefaultTemperature = defaultTemperature;
        Services = services;
    }

    /// <summary>Gets the provider's name in configuration.</summary>
    public string Name { get; }

    /// <summary>Gets the provider's id of the model.</summary>
    public string ModelId { get; }

    /// <summary>Gets the provider's settings.</summary>
    public ProviderSettings Settings { get; }

    /// <summary>Gets the API key, from the provider's settings or from its usual variable. Never log or store it.</summary>
    public string? ApiKey { get; }

    /// <summary>Gets the temperature of requests that set none; <see langword="null"/> leaves it to the provider.</summary>
    public float? DefaultTemperature { get; }

    /// <summary>Gets the application's services.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Gets the handler that sends the requests, if configuration needs one.</summary>
    internal HttpMessageHandler? HttpMessageHandler { get; init; }

    /// <summary>Sets the options that all providers have.</summary>
    /// <typeparam name="TOptions">The options' type.</typeparam>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public TOptions Apply<TOptions>(TOptions options)
        where TOptions : ProviderClientOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ApiKey = ApiKey;
        options.BaseUrl = Settings.BaseUrl;
        options.ModelId = ModelId;
        options.Timeout = Settings.Timeout;
        options.DefaultTemperature = DefaultTemperature;
        options.HttpMessageHandler = HttpMessageHandler;
        options.RequireBudget = Settings.RequireBudget;
        options.LoggerFactory = Services.GetService(typeof(ILoggerFactory)) as ILoggerFactory;
        options.ForwardTags.UnionWith(Settings.ForwardTags);
        foreach ((string meaning, string name) in Settings.ResponseHeaders)
        {
            options.ResponseHeaders[meaning] = name;
        }

        return options;
    }

    /// <summary>Returns the names of provider and model, without the key.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name} ({ModelId})";
}
