namespace MeaiBudget;

/// <summary>The chat template of a family of open models, in tokens.</summary>
internal sealed record ChatTemplate
{
    /// <summary>Gets what every request costs: the beginning of the text and what opens the answer.</summary>
    public required int Start { get; init; }

    /// <summary>Gets what each message adds.</summary>
    public required int Message { get; init; }

    /// <summary>Gets what stands for a system message where the request has none.</summary>
    public int DefaultSystem { get; init; }

    /// <summary>Gets what a system prompt adds beyond a message, where the template puts words of its own before it.</summary>
    public int System { get; init; }

    /// <summary>Gets the words with which the template introduces tools.</summary>
    public int Tools { get; init; } = 80;

    /// <summary>Gets the framing of the system message that tools bring with them where the request has none.</summary>
    public int ToolsMessage { get; init; }

    /// <summary>Gets how the template writes a tool's JSON.</summary>
    public ToolJsonStyle ToolJson { get; init; } = ToolJsonStyle.Spaced;

    /// <summary>Gets a value indicating whether tools are declared as OpenAI's TypeScript-like types (gpt-oss).</summary>
    public bool HasTypeScriptTools { get; init; }

    /// <summary>Gets a value indicating whether tools stand before the last message only, and only if that is a user's (Ollama's Llama templates).</summary>
    public bool HasToolsInLastUserMessage { get; init; }

    /// <summary>Gets what tools add to the system message wherever they stand.</summary>
    public int ToolsSystem { get; init; }

    /// <summary>Gets what a call adds to its name and arguments.</summary>
    public int Call { get; init; } = 12;

    /// <summary>Finds the template of a model.</summary>
    /// <param name="model">The model's id without a route prefix, in lower case.</param>
    /// <param name="counter">The name of its counter.</param>
    /// <param name="host">Who serves it: Ollama has templates of its own, xAI prompts of its own.</param>
    /// <param name="responses">Whether it is asked through the Responses API.</param>
    public static ChatTemplate Of(string model, string counter, ChatHost host, bool responses) => counter switch
    {
        // Framing, and the words and JSON around tools, are counted from the templates that the models ship with, or from Ollama's;
        // what those do not say (defaults, hosts' prompts) is measured on recorded requests.
        "llama-3" or "llama-4" when model.Contains("guard", StringComparison.Ordinal) => new() { Start = 5, Message = 5, DefaultSystem = 183 },
        "llama-3" or "llama-4" when host == ChatHost.Ollama => model.StartsWith("llama3.1", StringComparison.Ordinal) || model.StartsWith("llama3.3", StringComparison.Ordinal)
            ? new() { Start = 5, Message = 5, System = 10, Tools = 55, ToolsSystem = 45, ToolJson = ToolJsonStyle.Compact, HasToolsInLastUserMessage = true }
            : model.StartsWith("llama3.2", StringComparison.Ordinal)
                ? new() { Start = 5, Message = 5, DefaultSystem = 15, System = 10, Tools = 55, ToolsSystem = 25, ToolJson = ToolJsonStyle.Compact, HasToolsInLastUserMessage = true }
                : new() { Start = 5, Message = 5 },
        "llama-3" or "llama-4" when IsDatedLlama(model) => new() { Start = 5, Message = 5, DefaultSystem = 25, System = 20, Tools = 56, ToolJson = ToolJsonStyle.Indented },
        "llama-3" or "llama-4" => new() { Start = 5, Message = 5, Tools = 100, ToolJson = ToolJsonStyle.Indented },
        // Ollama's spelling of Mistral Small 3, with the default prompt that it ships. Elsewhere call ids count on both sides of a call.
        "llama-2" or "mistral" or "mistral-tekken" when model.Contains("mistral-small3", StringComparison.Ordinal) => new() { Start = 1, Message = 3, DefaultSystem = 354, Tools = 8, HasToolsInLastUserMessage = true, Call = 6 },
        "llama-2" or "mistral" or "mistral-tekken" => new() { Start = 1, Message = 3, Tools = 6, Call = 40 },
        "gemini" => new() { Start = 4, Message = 5 },
        "deepseek" when responses => new() { Start = 80, Message = 1, Tools = 205, Call = 30 },
        "deepseek" => new() { Start = 2, Message = 1, Tools = 205, Call = 30 },
        "qwen" when model.Contains("3.5", StringComparison.Ordinal) || model.Contains("3.6", StringComparison.Ordinal) => new() { Start = 5, Message = 5, Tools = 201 },
        "qwen" when host == ChatHost.Ollama => new() { Start = 3, Message = 5, DefaultSystem = IsQwen25(model) ? 22 : 0, Tools = 76, ToolJson = ToolJsonStyle.Compact, Call = 18 },
        "qwen" => new() { Start = 3, Message = 5, DefaultSystem = IsQwen25(model) ? 22 : 0, Tools = 78, ToolsMessage = IsQwen25(model) ? 0 : 5, Call = 18 },
        "o200k_harmony" => new() { Start = 63, Message = 4, System = 4, Tools = 21, ToolsMessage = 3, HasTypeScriptTools = true, Call = 18 },
        // xAI's own hosts, which OpenRouter asks, put a prompt before every request; Azure does not.
        _ when model.Contains("grok-code", StringComparison.Ordinal) => new() { Start = 197, Message = 3, Tools = 22 },
        _ when model.Contains("grok-4-fast", StringComparison.Ordinal) && host is ChatHost.XAI or ChatHost.OpenRouter => new() { Start = 110, Message = 3, Tools = 125 },
        _ when model.Contains("grok-4.", StringComparison.Ordinal) => new() { Start = responses ? 185 : 120, Message = 3, Tools = 22 },
        _ when model.Contains("grok-3", StringComparison.Ordinal) => new() { Start = 0, Message = 3, Tools = 205 },
        _ when model.Contains("grok", StringComparison.Ordinal) => new() { Start = 0, Message = 3, Tools = 125 },
        _ when model.Contains("glm", StringComparison.Ordinal) => new() { Start = 3, Message = 2, Tools = 90 },
        // From K2.5 on Moonshot's template declares tools as types.
        _ when model.Contains("kimi-k2.", StringComparison.Ordinal) => new() { Start = 3, Message = 5, Tools = 22, HasTypeScriptTools = true, Call = 12 },
        _ when model.Contains("kimi", StringComparison.Ordinal) => new() { Start = 3, Message = 5, Tools = 4, Call = 6 },
        _ => new() { Start = 4, Message = 4 },
    };

    private static bool IsQwen25(string model) => model.Contains("2.5", StringComparison.Ordinal);

    // Llama 3.1 and later open with a system message that states dates; the 8B preview of 3.3 does not (measured).
    private static bool IsDatedLlama(string model) =>
        !model.Contains("3.3-8b", StringComparison.Ordinal)
        && (model.Contains("3.1", StringComparison.Ordinal) || model.Contains("3.2", StringComparison.Ordinal) || model.Contains("3.3", StringComparison.Ordinal)
        || model.Contains("3-1", StringComparison.Ordinal) || model.Contains("3-2", StringComparison.Ordinal) || model.Contains("3-3", StringComparison.Ordinal)
        || model.Contains("v3p", StringComparison.Ordinal));
}
