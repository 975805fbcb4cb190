namespace MeaiBudget;

/// <summary>Options of <see cref="RedactedHttpLoggingHandler"/>.</summary>
/// <remarks>Copied when the handler is created.</remarks>
public sealed class RedactedHttpLoggingOptions : RedactedContentOptions
{
    /// <summary>Gets the names of the request and response headers that are logged; case is ignored. Headers with credentials are never logged.</summary>
    public ISet<string> Headers { get; private set; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "Retry-After", "x-should-retry", "anthropic-version", "openai-version", "openai-processing-ms",
        "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-requests",
        "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-tokens-remaining", "x-litellm-response-cost", "x-litellm-model-id",
    };

    /// <summary>Gets or sets how much of the bodies is logged.</summary>
    /// <value>The default is <see cref="LoggedContent.None"/>. The log level does not change it.</value>
    public LoggedContent Bodies { get; set; }

    /// <summary>Gets or sets the maximum number of characters of a body that are logged.</summary>
    /// <value>The default is 4,096. Zero or more.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxBodyLength
    {
        get => MaxLength;
        set => MaxLength = value;
    }

    /// <summary>Gets or sets the clock that measures durations.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal RedactedHttpLoggingOptions Copy()
    {
        var copy = (RedactedHttpLoggingOptions)MemberwiseClone();
        copy.Headers = new HashSet<string>(Headers, StringComparer.OrdinalIgnoreCase);
        return copy;
    }
}
