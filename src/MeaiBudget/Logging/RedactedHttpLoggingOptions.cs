namespace MeaiBudget;

/// <summary>What <see cref="RedactedHttpLoggingHandler"/> logs.</summary>
/// <remarks>Copied when the handler is made.</remarks>
public sealed class RedactedHttpLoggingOptions : RedactedContentOptions
{
    /// <summary>Gets the headers that are logged, of requests and responses; one that carries credentials is not, whatever stands here.</summary>
    public ISet<string> Headers { get; private set; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "Retry-After", "x-should-retry", "anthropic-version", "openai-version", "openai-processing-ms",
        "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-requests",
        "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-tokens-remaining", "x-litellm-response-cost", "x-litellm-model-id",
    };

    /// <summary>Gets or sets whether bodies are logged.</summary>
    /// <value>The default is <see cref="LoggedContent.None"/>. No log level changes it.</value>
    public LoggedContent Bodies { get; set; }

    /// <summary>Gets or sets the most characters of a body that are logged.</summary>
    /// <value>The default is 4,096. Zero or more.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxBodyLength
    {
        get => MaxLength;
        set => MaxLength = value;
    }

    /// <summary>Gets or sets the clock that durations are measured by.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal RedactedHttpLoggingOptions Copy()
    {
        var copy = (RedactedHttpLoggingOptions)MemberwiseClone();
        copy.Headers = new HashSet<string>(Headers, StringComparer.OrdinalIgnoreCase);
        return copy;
    }
}
