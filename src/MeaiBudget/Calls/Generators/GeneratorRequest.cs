using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Wraps a request to a generator (embeddings, image, speech) as a chat request, so that the same code reserves, sends and settles it.</summary>
/// <param name="estimate">Estimates the request for a model.</param>
/// <param name="send">Sends the request. The response has the generator's result as its raw representation.</param>
/// <param name="stream">Sends the request and streams the answer, if the generator supports it.</param>
internal sealed class GeneratorRequest(
    Func<TokenEstimationTarget, TokenEstimate> estimate,
    Func<CancellationToken, Task<ChatResponse>>? send = null,
    Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>>? stream = null)
{
    /// <summary>Gets the messages that carry this request through the layers.</summary>
    public IReadOnlyList<ChatMessage> Messages => [new ChatMessage(ChatRole.User, (string?)null) { RawRepresentation = this }];

    /// <summary>Gets the bytes of text that the request sends, in UTF-8. Zero if they are not counted.</summary>
    public long TextBytes { get; init; }

    public static GeneratorRequest Of(IEnumerable<ChatMessage> messages) =>
        (GeneratorRequest)((IReadOnlyList<ChatMessage>)messages)[0].RawRepresentation!;

    /// <summary>Returns the chat options of a request: its model, its tags and the bound of its output tokens.</summary>
    /// <param name="modelId">The model.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="maxOutputTokens">The most output tokens; null if there is no bound.</param>
    /// <param name="isRaw">True if the application writes the request itself, so that it is read before it is admitted.</param>
    public static ChatOptions Options(string? modelId, AdditionalPropertiesDictionary? tags, long? maxOutputTokens = null, bool isRaw = false) => new()
    {
        RawRepresentationFactory = isRaw ? static _ => null : null,
        ModelId = modelId,
        AdditionalProperties = tags,
        MaxOutputTokens = maxOutputTokens is > 0 and { } bound ? (int)Math.Min(bound, int.MaxValue) : null,
    };

    /// <summary>Converts a stream of a generator to chat updates that carry its items. A stream without an exception counts as complete.</summary>
    public static async IAsyncEnumerable<ChatResponseUpdate> Updates<T>(
        IAsyncEnumerable<T> updates, Func<T, (IList<AIContent> Contents, string? ModelId)> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (T update in updates.WithCancellation(cancellationToken))
        {
            (IList<AIContent> contents, string? modelId) = read(update);
            yield return new ChatResponseUpdate(ChatRole.Assistant, contents) { ModelId = modelId, RawRepresentation = update };
        }

        yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
    }

    public TokenEstimate Estimate(TokenEstimationTarget target) => estimate(target);

    public Task<ChatResponse> SendAsync(CancellationToken cancellationToken) => send!(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> StreamAsync(CancellationToken cancellationToken) => stream!(cancellationToken);
}
