using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What a request asks of a provider, as far as it decides what the answer may cost. Immutable; holds no content.</summary>
internal sealed record WireRequest
{
    private static readonly WireRequest?[] Unread = new WireRequest?[32];

    /// <summary>Gets a value indicating whether the body was read; see <see cref="Of"/>.</summary>
    public bool IsRead { get; private init; } = true;

    /// <summary>Gets the protocol.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>Gets the model that is asked: the path's where the path names one, else the body's; <see langword="null"/> if neither does.</summary>
    public string? ModelId { get; init; }

    /// <summary>Gets the largest output limit of all spellings; <see langword="null"/> if there is none, or one that says "no limit".</summary>
    public long? OutputLimit { get; init; }

    /// <summary>Gets the tokens that the request allows for thinking; <see langword="null"/> if it does not say.</summary>
    public long? ThinkingBudget { get; init; }

    /// <summary>Gets the effort with which the model is asked to think, in any spelling; high if it is asked to think without a degree; <see langword="null"/> if the request does not say.</summary>
    public ReasoningEffort? Effort { get; init; }

    /// <summary>Gets the number of answers that are made and billed: <c>n</c>, <c>best_of</c>, <c>candidateCount</c>, times the prompts of a legacy completion.</summary>
    public long AnswerCount { get; init; } = 1;

    /// <summary>Gets the bytes of text that the answer is expected to repeat: what it does not use is billed as output, beside the limit.</summary>
    public long PredictionBytes { get; init; }

    /// <summary>Gets a value indicating whether the provider may sum up the conversation first: a sampling of its own, with all of the input.</summary>
    public bool MayCompact { get; init; }

    /// <summary>Gets the service tier that is asked for, as written; where several are named, the one that is most likely the dearest.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Gets a value indicating whether the answer is asked for as a stream.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>Gets a value indicating whether the prompt holds something that lies at the provider and is not seen: an earlier response, a conversation, cached content, a stored prompt.</summary>
    public bool HasStoredHistory { get; init; }

    /// <summary>Gets a value indicating whether the prompt holds something unseen that is not an earlier response, or names two of them.</summary>
    public bool HasOtherStoredHistory { get; init; }

    /// <summary>Gets the id of the earlier response that the request continues; <see langword="null"/> if there is none.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>Gets the id of the conversation that the request continues; <see langword="null"/> if there is none.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Gets the id of the response that is fetched; <see langword="null"/> if the request makes a new one.</summary>
    public string? FetchedResponseId { get; init; }

    /// <summary>Gets whether the provider is asked to store the answer; <see langword="null"/> if the request does not say.</summary>
    public bool? Store { get; init; }

    /// <summary>Gets a value indicating whether the answer is made in the background.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Gets the tools that the provider may run itself.</summary>
    public WireServerTools ServerTools { get; init; }

    /// <summary>Gets a value indicating whether each answer is billed for a search without saying so: OpenAI's search models in chat completions.</summary>
    /// <param name="answered">The model that answered, for a request whose body was not read.</param>
    public bool AlwaysSearches(string? answered) => Protocol == WireProtocol.ChatCompletions
        && (ModelId ?? answered) is { } model && model.Contains("search-", StringComparison.OrdinalIgnoreCase)
        && (model.Contains("search-preview", StringComparison.OrdinalIgnoreCase) || model.Contains("search-api", StringComparison.OrdinalIgnoreCase));

    /// <summary>Gets how many calls of server tools the request allows; <see langword="null"/> if it does not say.</summary>
    public long? ServerToolCallLimit { get; init; }

    /// <summary>Gets the size of the search context that is asked for, as written.</summary>
    public string? SearchContextSize { get; init; }

    /// <summary>Gets the longest time for which a part of the prompt is to be cached; <see langword="null"/> if the request does not ask for caching.</summary>
    public TimeSpan? CacheLifetime { get; init; }

    /// <summary>Gets a value indicating whether audio is asked for in the answer.</summary>
    public bool AsksForAudio { get; init; }

    /// <summary>Gets a value indicating whether images are asked for in the answer.</summary>
    public bool AsksForImages { get; init; }

    /// <summary>Gets the bytes of text that the model will read, in UTF-8 without escapes: contents, instructions, tools, schemas, and whatever is not known to be something else.</summary>
    public long TextBytes { get; init; }

    /// <summary>Gets the bytes of the strings that frame messages and tools: roles, types, ids.</summary>
    public long FramingBytes { get; init; }

    /// <summary>Gets the number of token ids that stand in the place of text.</summary>
    public long TokenIds { get; init; }

    /// <summary>Gets the number of media parts: images, audio, video, files.</summary>
    public int MediaParts { get; init; }

    /// <summary>Gets the bytes of the media parts as they are encoded; those behind an address have none.</summary>
    public long MediaBytes { get; init; }

    /// <summary>Gets the number of messages, items or inputs.</summary>
    public int MessageCount { get; init; }

    /// <summary>Gets the length of the body in bytes.</summary>
    public long BodyBytes { get; init; }

    /// <summary>Gets why the figures cannot be relied on.</summary>
    public WireRequestProblems Problems { get; init; }

    /// <summary>Gives a request whose body is not read, because nothing is decided by it: without a budget nobody asks what a request may cost.</summary>
    /// <param name="route">What the path says.</param>
    /// <param name="isStreaming">Whether the caller asked for a stream.</param>
    public static WireRequest Of(WireRoute route, bool isStreaming)
    {
        isStreaming |= route.IsStreaming;
        if (route.ModelId is not null || route.ResponseId is not null)
        {
            return New();
        }

        ref WireRequest? known = ref Unread[((int)route.Protocol * 2) + (isStreaming ? 1 : 0)];
        return Volatile.Read(ref known) ?? (known = New());

        WireRequest New() => new() { IsRead = false, Protocol = route.Protocol, ModelId = route.ModelId, FetchedResponseId = route.ResponseId, IsStreaming = isStreaming };
    }

    /// <summary>Gets a value indicating whether the whole body was read and understood. If not, the figures are those of the part that was.</summary>
    public bool IsReadable => Problems == WireRequestProblems.None;

    /// <summary>Gets why the request is not readable and what to change, as the end of a sentence; <see langword="null"/> if it is.</summary>
    public string? Advice => Problems switch
    {
        WireRequestProblems.None => null,
        _ when (Problems & WireRequestProblems.ContentEncoding) != 0 => "its body is compressed. Compress it in a handler below the ChatWireHandler.",
        _ when (Problems & WireRequestProblems.ContentType) != 0 => "its content type is not JSON. Send it as application/json.",
        _ when (Problems & WireRequestProblems.ConflictingModels) != 0 => "it names several models. Name one model, and use UseFallback for others.",
        _ when (Problems & WireRequestProblems.UnreadableNumber) != 0 => "one of its limits is not a number. Write limits as numbers.",
        _ when (Problems & WireRequestProblems.TooDeep) != 0 => "its JSON has too many levels. Send fewer than 128.",
        _ => "its body is not a JSON object that was read to its end. Send JSON.",
    };
}

/// <summary>Why a request's figures cannot be relied on.</summary>
[Flags]
internal enum WireRequestProblems
{
    /// <summary>They can.</summary>
    None = 0,

    /// <summary>The body is no JSON object, or one that servers may read in different ways.</summary>
    InvalidJson = 1,

    /// <summary>The body has more levels than are read.</summary>
    TooDeep = 1 << 1,

    /// <summary>The body is compressed or encoded otherwise.</summary>
    ContentEncoding = 1 << 2,

    /// <summary>The body's type is not JSON.</summary>
    ContentType = 1 << 3,

    /// <summary>A limit is no number.</summary>
    UnreadableNumber = 1 << 4,

    /// <summary>Two different models are named.</summary>
    ConflictingModels = 1 << 5,

    /// <summary>There is no body.</summary>
    NoBody = 1 << 6,

    /// <summary>The content failed while it was read.</summary>
    ReadFailure = 1 << 7,
}

/// <summary>Tools that a request lets the provider run itself, for which it may ask a fee.</summary>
[Flags]
internal enum WireServerTools
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Web search, or grounding with a search engine.</summary>
    WebSearch = 1,

    /// <summary>Search in files that the provider stores.</summary>
    FileSearch = 1 << 1,

    /// <summary>Code that runs at the provider.</summary>
    CodeExecution = 1 << 2,

    /// <summary>Images that are made on the way.</summary>
    ImageGeneration = 1 << 3,

    /// <summary>A computer or browser that the provider runs or drives.</summary>
    Computer = 1 << 4,

    /// <summary>Pages that the provider fetches.</summary>
    WebFetch = 1 << 5,

    /// <summary>Grounding with maps.</summary>
    Maps = 1 << 6,

    /// <summary>Tools of remote servers, whose descriptions and results the provider puts into the prompt.</summary>
    RemoteTools = 1 << 7,

    /// <summary>A tool of a type that is not known.</summary>
    Unknown = 1 << 8,
}
