using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The wire format of a request to a provider. It determines the tokens of the framing.</summary>
/// <remarks>
/// A client can return its wire format from <see cref="IChatClient.GetService"/> for this type. Otherwise it is derived from
/// <see cref="ChatClientMetadata.ProviderName"/> and the model's family.
/// </remarks>
public enum ChatApi
{
    /// <summary>The format is unknown.</summary>
    Unknown,

    /// <summary>OpenAI's <c>/v1/chat/completions</c>, also of compatible servers.</summary>
    OpenAIChat,

    /// <summary>OpenAI's <c>/v1/responses</c>.</summary>
    OpenAIResponses,

    /// <summary>Anthropic's <c>/v1/messages</c>.</summary>
    AnthropicMessages,

    /// <summary>Gemini's <c>generateContent</c>.</summary>
    Gemini,

    /// <summary>Ollama's <c>/api/chat</c>.</summary>
    Ollama,

    /// <summary>A plain prompt without messages and template.</summary>
    TextCompletion,
}
