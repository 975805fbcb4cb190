namespace MeaiBudget;

/// <summary>How much of an answer is taken before it is given up.</summary>
internal sealed record WireLimits
{
    /// <summary>The defaults.</summary>
    public static readonly WireLimits Default = new();

    /// <summary>The default of <see cref="LongestBody"/>, in bytes: 16 MB, above any text that a model writes and most images.</summary>
    public const long DefaultBody = 16 * 1024 * 1024;

    /// <summary>Gets the longest line or event of a stream, in bytes; 8 MB by default.</summary>
    public long LongestEvent { get; init; } = DefaultBody / 2;

    /// <summary>Gets the longest answer that is not streamed, in bytes; 16 MB by default.</summary>
    public long LongestBody { get; init; } = DefaultBody;

    /// <summary>Gets the longest answer with embeddings, in bytes; 64 MB by default: 2,048 long vectors take 34 MB.</summary>
    public long LongestEmbeddings { get; init; } = DefaultBody * 4;

    /// <summary>Gets the longest answer that is an error, in bytes; 1 MB by default.</summary>
    public long LongestError { get; init; } = 1024 * 1024;

    /// <summary>Gets how long a read may wait without anything of the answer coming; five minutes by default. Pings and comments are nothing of the answer.</summary>
    public TimeSpan LongestSilence { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Returns the limits of answers of a given length.</summary>
    /// <param name="maxAnswerBytes">The longest answer that is not streamed, in bytes.</param>
    public static WireLimits Of(long maxAnswerBytes) => maxAnswerBytes == DefaultBody
        ? Default
        : new WireLimits
        {
            LongestBody = maxAnswerBytes,
            LongestEvent = Math.Max(1, maxAnswerBytes / 2),
            LongestEmbeddings = SaturatingMath.Multiply(maxAnswerBytes, 4),
        };

    /// <summary>Returns the limits of one answer: <see cref="LongestBody"/> is what it may have.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="isError">True if the status is that of an error.</param>
    public WireLimits For(WireProtocol protocol, bool isError) =>
        isError ? this with { LongestBody = LongestError, LongestEvent = Math.Min(LongestEvent, LongestError) }
        : protocol is WireProtocol.Embeddings or WireProtocol.OllamaEmbeddings or WireProtocol.GeminiEmbeddings ? this with { LongestBody = LongestEmbeddings }
        : this;
}

/// <summary>An answer was given up because it was too long or silent for too long.</summary>
/// <remarks>
/// No <see cref="IOException"/>, <see cref="HttpRequestException"/> or <see cref="OperationCanceledException"/>: the SDKs would send the
/// request again, and it was answered and is billed.
/// </remarks>
internal sealed class WireLimitException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="limit">The limit that was passed.</param>
    /// <param name="limits">The limits.</param>
    public WireLimitException(WireLimit limit, WireLimits limits)
        : base(Describe(limit, limits)) => Limit = limit;

    /// <summary>Gets the limit that was passed.</summary>
    public WireLimit Limit { get; }

    private static string Describe(WireLimit limit, WireLimits limits) => limit switch
    {
        WireLimit.Event => $"A line or event of the provider's answer is longer than {limits.LongestEvent} bytes. Reading stopped. If such answers are expected, raise MaxAnswerBytes of the provider's options or of the ChatWireHandler (now {limits.LongestEvent * 2}).",
        WireLimit.Body => $"The provider's answer is longer than {limits.LongestBody} bytes. Reading stopped. If such answers are expected, raise MaxAnswerBytes of the provider's options or of the ChatWireHandler.",
        _ => $"The provider sent nothing of the answer for {limits.LongestSilence.TotalSeconds} seconds. Reading stopped.",
    };
}

/// <summary>A limit of <see cref="WireLimits"/>.</summary>
internal enum WireLimit
{
    /// <summary><see cref="WireLimits.LongestEvent"/>.</summary>
    Event,

    /// <summary><see cref="WireLimits.LongestBody"/>.</summary>
    Body,

    /// <summary><see cref="WireLimits.LongestSilence"/>.</summary>
    Silence,
}
