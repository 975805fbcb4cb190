namespace MeaiBudget;

/// <summary>How much of an answer is taken before it is given up.</summary>
internal sealed record WireLimits
{
    /// <summary>The defaults.</summary>
    public static readonly WireLimits Default = new();

    /// <summary>Gets the longest line or event of a stream, in bytes; 16 MB by default.</summary>
    public long LongestEvent { get; init; } = 16 * 1024 * 1024;

    /// <summary>Gets the longest answer that is not streamed, in bytes; 64 MB by default.</summary>
    public long LongestBody { get; init; } = 64 * 1024 * 1024;

    /// <summary>Gets how long a read may wait without anything of the answer coming; five minutes by default. Pings and comments are nothing of the answer.</summary>
    public TimeSpan LongestSilence { get; init; } = TimeSpan.FromMinutes(5);
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
        WireLimit.Event => $"A line or event of the provider's answer is longer than {limits.LongestEvent} bytes. The answer was given up.",
        WireLimit.Body => $"The provider's answer is longer than {limits.LongestBody} bytes. The answer was given up.",
        _ => $"The provider sent nothing of the answer for {limits.LongestSilence.TotalSeconds} seconds. The answer was given up.",
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
