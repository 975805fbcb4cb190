using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads a provider's raw request body. Ignores unknown members; content that cannot be counted becomes a flag of the estimate.</summary>
internal static class RawRequestReader
{
    /// <summary>The formats by their names on the command line.</summary>
    public static IReadOnlyDictionary<string, ChatApi> Formats { get; } = new Dictionary<string, ChatApi>(StringComparer.OrdinalIgnoreCase)
    {
        ["openai"] = ChatApi.OpenAIChat,
        ["openai-responses"] = ChatApi.OpenAIResponses,
        ["anthropic"] = ChatApi.AnthropicMessages,
        ["ollama"] = ChatApi.Ollama,
        ["gemini"] = ChatApi.Gemini,
    };

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="api">Its format; <see cref="ChatApi.Unknown"/> to detect it by the members.</param>
    /// <exception cref="RawRequestException">The body is not a valid request.</exception>
    public static RawRequest Read(JsonElement body, ChatApi api = ChatApi.Unknown)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new RawRequestException($"The request body is a JSON {body.ValueKind}, not an object.");
        }

        api = api == ChatApi.Unknown ? Detect(body) : api;
        try
        {
            RawRequest request = api switch
            {
                ChatApi.OpenAIChat when body.Member("messages") is null && body.Member("prompt") is not null => TextCompletionRequestReader.Read(body),
                ChatApi.OpenAIChat => OpenAIChatRequestReader.Read(body),
                ChatApi.OpenAIResponses => OpenAIResponsesRequestReader.Read(body),
                ChatApi.AnthropicMessages => AnthropicRequestReader.Read(body),
                ChatApi.Gemini => GeminiRequestReader.Read(body),
                ChatApi.Ollama => OllamaRequestReader.Read(body),
                ChatApi.TextCompletion when body.Member("prompt") is null && body.Member("messages") is not null => OpenAIChatRequestReader.Read(body),
                ChatApi.TextCompletion => TextCompletionRequestReader.Read(body),
                _ => throw new RawRequestException("The format of the request body could not be detected. Set it with --format."),
            };
            return request.Messages.Count > 0 || request.Options.Instructions is not null || request.Options.ConversationId is not null
                ? request with { Terms = TermsOf(body, api) }
                : throw new RawRequestException($"The request body has no messages. It was read as {api}; set another format with --format.");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException)
        {
            throw new RawRequestException($"The request body could not be read as {api}: {exception.Message}", exception);
        }
    }

    private static WireRequest? TermsOf(JsonElement body, ChatApi api)
    {
        WireProtocol protocol = api switch
        {
            ChatApi.OpenAIResponses => WireProtocol.Responses,
            ChatApi.AnthropicMessages => WireProtocol.AnthropicMessages,
            ChatApi.Gemini => WireProtocol.GeminiContent,
            ChatApi.Ollama => WireProtocol.OllamaChat,
            ChatApi.TextCompletion => WireProtocol.Completions,
            _ => WireProtocol.ChatCompletions,
        };
        using var content = new StringContent(body.GetRawText(), Encoding.UTF8, "application/json");
        return WireRequestReader.Read(new WireRoute(protocol), content, CancellationToken.None);
    }

    /// <summary>Detects the format by members that only one format has.</summary>
    public static ChatApi Detect(JsonElement body)
    {
        if (body.Member("contents") is not null || body.Member("generateContentRequest") is not null)
        {
            return ChatApi.Gemini;
        }

        if (body.Member("input") is not null || body.Member("previous_response_id") is not null)
        {
            return ChatApi.OpenAIResponses;
        }

        if (body.Member("options") is not null || body.Member("keep_alive") is not null || body.IsTrue("raw"))
        {
            return ChatApi.Ollama;
        }

        if (body.Member("messages") is null)
        {
            return body.Member("prompt") is not null ? ChatApi.TextCompletion : ChatApi.Unknown;
        }

        bool anthropic = body.Member("system") is not null || body.Member("anthropic_version") is not null || body.Member("stop_sequences") is not null
            || body.Member("thinking")?.Text("budget_tokens") is not null
            || body.Items("tools").Any(tool => tool.Member("input_schema") is not null)
            || body.Text("model")?.StartsWith("claude", StringComparison.OrdinalIgnoreCase) == true;
        return anthropic ? ChatApi.AnthropicMessages : ChatApi.OpenAIChat;
    }
}
