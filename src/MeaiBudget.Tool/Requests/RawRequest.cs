using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>A provider's request body, converted to the arguments of an <see cref="IChatClient"/>.</summary>
/// <param name="Api">The wire format of the body.</param>
/// <param name="ModelId">The model in the body; null if there is none (Gemini's is in the URL).</param>
/// <param name="Messages">The messages.</param>
/// <param name="Options">The options: tools, instructions, response format, limits.</param>
internal sealed record RawRequest(ChatApi Api, string? ModelId, IReadOnlyList<ChatMessage> Messages, ChatOptions Options)
{
    /// <summary>Gets what decides the cost beside the tokens: tier, number of answers, cache lifetime, tools of the provider.</summary>
    public WireRequest? Terms { get; init; }
}
