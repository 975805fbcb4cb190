using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>A provider's request body, read into the shapes that an <see cref="IChatClient"/> takes.</summary>
/// <param name="Api">The wire format that the body has.</param>
/// <param name="ModelId">The model that the body names; <see langword="null"/> where it names none (Gemini names it in the path).</param>
/// <param name="Messages">The messages.</param>
/// <param name="Options">The options: tools, instructions, response format, limits.</param>
internal sealed record RawRequest(ChatApi Api, string? ModelId, IReadOnlyList<ChatMessage> Messages, ChatOptions Options);
