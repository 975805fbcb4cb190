namespace MeaiBudget;

/// <summary>The usage that a provider bills for one attempt, in the same form for every provider. Immutable.</summary>
/// <remarks>
/// Totals include their parts: cached and cache-write tokens are part of <see cref="InputTokens"/>, reasoning tokens are part of
/// <see cref="OutputTokens"/>.
/// </remarks>
public readonly record struct BillableUsage
{
    // Most answers have none of these, and every attempt copies its usage several times. So they are stored separately; null means all zero.
    private readonly RareUsage? _rare;

    private RareUsage Rare => _rare ?? RareUsage.None;

    /// <summary>Gets all input tokens, including cached and cache-write tokens.</summary>
    public long InputTokens { get; init; }

    /// <summary>Gets the input tokens read from the provider's cache.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Gets the input tokens written to a cache for five minutes, or for an unstated duration.</summary>
    public long CacheWriteTokens
    {
        get => _rare?.CacheWriteTokens ?? 0;
        init => _rare = value == CacheWriteTokens ? _rare : (Rare with { CacheWriteTokens = value }).OrNull;
    }

    /// <summary>Gets the input tokens written to a cache for one hour.</summary>
    public long CacheWriteOneHourTokens
    {
        get => _rare?.CacheWriteOneHourTokens ?? 0;
        init => _rare = value == CacheWriteOneHourTokens ? _rare : (Rare with { CacheWriteOneHourTokens = value }).OrNull;
    }

    /// <summary>Gets the input tokens written to a cache for longer than one hour, such as OpenAI's twelve hours.</summary>
    public long CacheWriteTwelveHoursTokens
    {
        get => _rare?.CacheWriteTwelveHoursTokens ?? 0;
        init => _rare = value == CacheWriteTwelveHoursTokens ? _rare : (Rare with { CacheWriteTwelveHoursTokens = value }).OrNull;
    }

    /// <summary>Gets all output tokens, including reasoning tokens.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Gets the hidden reasoning tokens.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Gets the audio input tokens.</summary>
    public long InputAudioTokens
    {
        get => _rare?.InputAudioTokens ?? 0;
        init => _rare = value == InputAudioTokens ? _rare : (Rare with { InputAudioTokens = value }).OrNull;
    }

    /// <summary>Gets the audio output tokens.</summary>
    public long OutputAudioTokens
    {
        get => _rare?.OutputAudioTokens ?? 0;
        init => _rare = value == OutputAudioTokens ? _rare : (Rare with { OutputAudioTokens = value }).OrNull;
    }

    /// <summary>Gets the image input tokens.</summary>
    public long InputImageTokens
    {
        get => _rare?.InputImageTokens ?? 0;
        init => _rare = value == InputImageTokens ? _rare : (Rare with { InputImageTokens = value }).OrNull;
    }

    /// <summary>Gets the image output tokens.</summary>
    public long OutputImageTokens
    {
        get => _rare?.OutputImageTokens ?? 0;
        init => _rare = value == OutputImageTokens ? _rare : (Rare with { OutputImageTokens = value }).OrNull;
    }

    /// <summary>Gets the number of web searches that the provider ran.</summary>
    public long WebSearches
    {
        get => _rare?.WebSearches ?? 0;
        init => _rare = value == WebSearches ? _rare : (Rare with { WebSearches = value }).OrNull;
    }

    /// <summary>Gets the number of file searches that the provider ran.</summary>
    public long FileSearches
    {
        get => _rare?.FileSearches ?? 0;
        init => _rare = value == FileSearches ? _rare : (Rare with { FileSearches = value }).OrNull;
    }

    /// <summary>Gets the number of code execution sessions that the provider opened.</summary>
    public long CodeExecutionSessions
    {
        get => _rare?.CodeExecutionSessions ?? 0;
        init => _rare = value == CodeExecutionSessions ? _rare : (Rare with { CodeExecutionSessions = value }).OrNull;
    }

    /// <summary>Gets the number of generated images, for models that bill each image instead of tokens.</summary>
    public long Images
    {
        get => _rare?.Images ?? 0;
        init => _rare = value == Images ? _rare : (Rare with { Images = value }).OrNull;
    }

    /// <summary>Gets the length of the received or generated audio in milliseconds, for models that bill minutes instead of tokens.</summary>
    public long AudioMilliseconds
    {
        get => _rare?.AudioMilliseconds ?? 0;
        init => _rare = value == AudioMilliseconds ? _rare : (Rare with { AudioMilliseconds = value }).OrNull;
    }

    /// <summary>Gets the number of characters of text to speak, for models that bill characters instead of tokens.</summary>
    public long Characters
    {
        get => _rare?.Characters ?? 0;
        init => _rare = value == Characters ? _rare : (Rare with { Characters = value }).OrNull;
    }

    /// <summary>Gets the number of pages of documents, for models that bill pages instead of tokens.</summary>
    public long Pages
    {
        get => _rare?.Pages ?? 0;
        init => _rare = value == Pages ? _rare : (Rare with { Pages = value }).OrNull;
    }

    /// <summary>Gets a value indicating whether there are uses that have a fee.</summary>
    internal bool HasUses => _rare is { } rare
        && (rare.WebSearches | rare.FileSearches | rare.CodeExecutionSessions | rare.Images | rare.AudioMilliseconds | rare.Characters | rare.Pages) != 0;

    /// <summary>Gets a value indicating whether the provider reported cache-write tokens without their duration.</summary>
    public bool IsCacheWriteDurationAssumed { get; init; }

    /// <summary>Gets the cost that the provider or its proxy stated, in US dollars; <see langword="null"/> if it stated none.</summary>
    public decimal? ProviderStatedCost
    {
        get => _rare?.ProviderStatedCost;
        init => _rare = value == ProviderStatedCost ? _rare : (Rare with { ProviderStatedCost = value }).OrNull;
    }

    /// <summary>Gets the service tier that answered, as the provider names it; <see langword="null"/> for the standard tier, or for the requested one. If another tier was requested and the standard one answered, it is <c>standard</c>.</summary>
    public string? ServiceTier
    {
        get => _rare?.ServiceTier;
        init => _rare = value == ServiceTier ? _rare : (Rare with { ServiceTier = value }).OrNull;
    }

    /// <summary>Gets a value indicating whether the provider reported what cannot be: a negative count, more tokens than the request and the model allow, or far fewer than came.</summary>
    /// <value>True if such a count was replaced or left out; the other counts are as reported.</value>
    public bool IsInconsistent
    {
        get => _rare?.IsInconsistent ?? false;
        init => _rare = value == IsInconsistent ? _rare : (Rare with { IsInconsistent = value }).OrNull;
    }

    /// <summary>Gets a value indicating whether the provider ran a tool whose fee no price states, such as image generation.</summary>
    public bool HasUnknownFee
    {
        get => _rare?.HasUnknownFee ?? false;
        init => _rare = value == HasUnknownFee ? _rare : (Rare with { HasUnknownFee = value }).OrNull;
    }

    /// <summary>Gets a value indicating whether parts were more than their whole and were added to it, although no total confirms it.</summary>
    internal bool HasUnconfirmedParts
    {
        get => _rare?.HasUnconfirmedParts ?? false;
        init => _rare = value == HasUnconfirmedParts ? _rare : (Rare with { HasUnconfirmedParts = value }).OrNull;
    }

    /// <summary>Gets a value indicating whether some of the counts are ours and not the provider's.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>Gets a value indicating whether there are no tokens, no tool uses and no stated cost. If the answer has content, the usage is missing.</summary>
    public bool IsEmpty => (InputTokens | OutputTokens | CachedInputTokens | CacheWriteTokens | CacheWriteOneHourTokens
        | CacheWriteTwelveHoursTokens | ReasoningTokens) == 0 && !HasUses && ProviderStatedCost is null;
}
