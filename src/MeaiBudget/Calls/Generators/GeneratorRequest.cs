using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One request that is no chat (embeddings, an image, speech), made to look like one, so that it is admitted, sent and settled by the code that does so for chat.</summary>
/// <param name="estimate">Estimates it for a model.</param>
/// <param name="send">Sends it; the answer carries what was made as its raw representation.</param>
/// <param name="stream">Sends it and streams the answer, where it can be streamed.</param>
internal sealed class GeneratorRequest(
    Func<TokenEstimationTarget, TokenEstimate> estimate,
    Func<CancellationToken, Task<ChatResponse>>? send = null,
    Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>>? stream = null)
{
    /// <summary>Gets the messages that carry it through the layers.</summary>
    public IReadOnlyList<ChatMessage> Messages => [new ChatMessage(ChatRole.User, (string?)null) { RawRepresentation = this }];

    public static GeneratorRequest Of(IEnumerable<ChatMessage> messages) =>
        (GeneratorRequest)((IReadOnlyList<ChatMessage>)messages)[0].RawRepresentation!;

    /// <summary>The options under which a request passes the budgets: its model, its tags, and the bound of its output, which cannot be lowered.</summary>
    public static ChatOptions Options(string? modelId, AdditionalPropertiesDictionary? tags, long? maxOutputTokens = null) => new()
    {
        ModelId = modelId,
        AdditionalProperties = tags,
        MaxOutputTokens = maxOutputTokens is > 0 and { } bound ? (int)Math.Min(bound, int.MaxValue) : null,
    };

    /// <summary>A stream of something else than chat, as a chat stream whose updates carry it; a stream that ends without an exception is complete.</summary>
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
