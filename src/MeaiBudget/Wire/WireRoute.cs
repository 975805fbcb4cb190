namespace MeaiBudget;

/// <summary>What a request's method and path say: the protocol, and where the path names them, the model, the response, and whether the answer is streamed.</summary>
/// <param name="Protocol">The protocol; <see cref="WireProtocol.None"/> where the request asks no model.</param>
internal readonly record struct WireRoute(WireProtocol Protocol)
{
    /// <summary>Gets the model's id of the path; <see langword="null"/> if the body names the model.</summary>
    public string? ModelId { get; init; }

    /// <summary>Gets the id of a response that is fetched, not made; <see langword="null"/> for any other request.</summary>
    public string? ResponseId { get; init; }

    /// <summary>Gets a value indicating whether the path asks for a stream.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>Gets a value indicating whether only the body can tell what the request is: a path that is none of the known ones.</summary>
    public bool IsUnknownPath { get; init; }

    /// <summary>Reads a method and an address. Never throws.</summary>
    /// <param name="method">The method.</param>
    /// <param name="address">The address.</param>
    /// <returns>The route.</returns>
    public static WireRoute Of(HttpMethod method, Uri? address)
    {
        if (address is not { IsAbsoluteUri: true })
        {
            return default;
        }

        ReadOnlySpan<char> path = address.AbsolutePath.AsSpan().TrimEnd('/');
        if (method != HttpMethod.Post)
        {
            return method == HttpMethod.Get && ResponseOf(path) is { } id
                ? new WireRoute(WireProtocol.Responses) { ResponseId = id, IsStreaming = address.Query.Contains("stream=true", StringComparison.OrdinalIgnoreCase) }
                : default;
        }

        ReadOnlySpan<char> last = path[(path.LastIndexOf('/') + 1)..];
        int colon = last.LastIndexOf(':');
        return colon > 0 && OfVerb(path, last[(colon + 1)..], last[..colon]) is { Protocol: not WireProtocol.None } verb ? verb : OfPath(path, last);
    }

    /// <summary>Google's style: <c>models/NAME:verb</c>.</summary>
    private static WireRoute OfVerb(ReadOnlySpan<char> path, ReadOnlySpan<char> verb, ReadOnlySpan<char> model) => verb switch
    {
        "generateContent" => new(WireProtocol.GeminiContent) { ModelId = Unescape(model) },
        "streamGenerateContent" => new(WireProtocol.GeminiContent) { ModelId = Unescape(model), IsStreaming = true },
        "embedContent" or "batchEmbedContents" or "predict" when verb is not "predict" || model.Contains("embedding", StringComparison.OrdinalIgnoreCase) =>
            new(WireProtocol.GeminiEmbeddings) { ModelId = Unescape(model) },
        "rawPredict" or "streamRawPredict" when !model.StartsWith("count-tokens", StringComparison.Ordinal) =>
            new(IsOtherPublisher(path) ? WireProtocol.ChatCompletions : WireProtocol.AnthropicMessages) { ModelId = Unescape(model), IsStreaming = verb is "streamRawPredict" },
        _ => default,
    };

    private static WireRoute OfPath(ReadOnlySpan<char> path, ReadOnlySpan<char> last)
    {
        // Everything below a message or a response that is no message or response of its own: counting, batches, cancelling.
        bool isBelow = path.Contains("/messages/", StringComparison.Ordinal) || (path.Contains("/responses/", StringComparison.Ordinal) && last is not "compact");
        switch (last)
        {
            case "invoke" or "invoke-with-response-stream" or "converse" or "converse-stream" when path.Contains("/model/", StringComparison.Ordinal):
                ReadOnlySpan<char> model = path[(path.IndexOf("/model/") + "/model/".Length)..^(last.Length + 1)];
                return new(WireProtocol.AnthropicMessages) { ModelId = Unescape(model), IsStreaming = last is "invoke-with-response-stream" or "converse-stream" };
            case "messages" when !path.Contains("/threads/", StringComparison.Ordinal):
                return new(WireProtocol.AnthropicMessages);
            case "responses" or "compact" when !isBelow:
                return new(WireProtocol.Responses) { ModelId = DeploymentOf(path) };
            case "completions":
                bool isChat = path.EndsWith("/chat/completions", StringComparison.Ordinal);
                return new(isChat ? WireProtocol.ChatCompletions : WireProtocol.Completions) { ModelId = DeploymentOf(path) };
            case "embeddings" when path.EndsWith("/api/embeddings", StringComparison.Ordinal):
                return new(WireProtocol.OllamaEmbeddings);
            case "embeddings":
                return new(WireProtocol.Embeddings) { ModelId = DeploymentOf(path) };
            case "embed" when path.EndsWith("/api/embed", StringComparison.Ordinal):
                return new(WireProtocol.OllamaEmbeddings);
            case "generate" when path.EndsWith("/api/generate", StringComparison.Ordinal):
                return new(WireProtocol.OllamaChat) { IsStreaming = true };
            case "chat" when path.EndsWith("/api/chat", StringComparison.Ordinal):
                return new(WireProtocol.OllamaChat) { IsStreaming = true };
            case "chat":
                return new(WireProtocol.ChatCompletions);
            default:
                return IsNoChat(path, last) || isBelow ? default : new WireRoute(WireProtocol.None) { IsUnknownPath = true };
        }
    }

    private static bool IsOtherPublisher(ReadOnlySpan<char> path) =>
        path.Contains("/publishers/", StringComparison.Ordinal) && !path.Contains("/publishers/anthropic/", StringComparison.Ordinal);

    private static bool IsNoChat(ReadOnlySpan<char> path, ReadOnlySpan<char> last) =>
        last is "token" or "count_tokens" or "count-tokens" or "input_tokens" or "models" or "files" or "batches" or "moderations" or "rerank" or "tokenize"
            or "detokenize" or "show" or "pull" or "push" or "create" or "delete" or "copy" or "ps" or "tags" or "cancel" or "uploads" or "vector_stores"
        || last.EndsWith(":countTokens", StringComparison.Ordinal)
        || path.Contains("/oauth", StringComparison.OrdinalIgnoreCase)
        || path.Contains("/audio/", StringComparison.Ordinal)
        || path.Contains("/images/", StringComparison.Ordinal);

    /// <summary>Azure: <c>/openai/deployments/NAME/chat/completions</c>. The deployment decides, whatever the body says.</summary>
    private static string? DeploymentOf(ReadOnlySpan<char> path)
    {
        const string Before = "/deployments/";
        int at = path.IndexOf(Before);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<char> rest = path[(at + Before.Length)..];
        int end = rest.IndexOf('/');
        return end > 0 ? Unescape(rest[..end]) : null;
    }

    private static string? ResponseOf(ReadOnlySpan<char> path)
    {
        const string Before = "/responses/";
        int at = path.LastIndexOf(Before);
        return at >= 0 && path[(at + Before.Length)..] is { IsEmpty: false } id && !id.Contains('/') ? WireText.Cut(Unescape(id)) : null;
    }

    private static string Unescape(ReadOnlySpan<char> text) => Uri.UnescapeDataString(text.ToString());
}

/// <summary>Which protocol a request speaks.</summary>
internal enum WireProtocol
{
    /// <summary>No request for an answer of a model: credentials, model lists, token counting, files and so on.</summary>
    None,

    /// <summary>OpenAI's chat completions, on any server; also Cohere's chat.</summary>
    ChatCompletions,

    /// <summary>OpenAI's Responses.</summary>
    Responses,

    /// <summary>OpenAI's legacy completions.</summary>
    Completions,

    /// <summary>OpenAI's embeddings, on any server.</summary>
    Embeddings,

    /// <summary>Anthropic's messages, also on Bedrock, Vertex and Foundry.</summary>
    AnthropicMessages,

    /// <summary>Ollama's chat and generate.</summary>
    OllamaChat,

    /// <summary>Ollama's embeddings.</summary>
    OllamaEmbeddings,

    /// <summary>Gemini's generateContent.</summary>
    GeminiContent,

    /// <summary>Gemini's embedContent.</summary>
    GeminiEmbeddings,
}
