using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The wire format in which a request reaches a provider; it decides what framing costs.</summary>
/// <remarks>
/// A client can state its own by answering <see cref="IChatClient.GetService"/> for this type; otherwise it is told from
/// <see cref="ChatClientMetadata.ProviderName"/> and the model's family.
/// </remarks>
public enum ChatApi
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>OpenAI's <c>/v1/chat/completions</c>, and everybody who speaks it.</summary>
    OpenAIChat,

    /// <summary>OpenAI's <c>/v1/responses</c>.</summary>
    OpenAIResponses,

    /// <summary>Anthropic's <c>/v1/messages</c>.</summary>
    AnthropicMessages,

    /// <summary>Gemini's <c>generateContent</c>.</summary>
    Gemini,

    /// <summary>Ollama's <c>/api/chat</c>.</summary>
    Ollama,

    /// <summary>A bare prompt without messages or template.</summary>
    TextCompletion,
}
