namespace MeaiBudget;

/// <summary>The chat template of a family of open models: its tokens and properties.</summary>
internal sealed record ChatTemplate
{
    /// <summary>Tokens of every request: the beginning of the text and the beginning of the answer.</summary>
    public required int Start { get; init; }

    /// <summary>Tokens of each message.</summary>
    public required int Message { get; init; }

    /// <summary>Tokens of the default system message, used if the request has none.</summary>
    public int DefaultSystem { get; init; }

    /// <summary>The most tokens of a default system message that some hosts of the model insert, and others do not. The upper bound includes it.</summary>
    public int MostDefaultSystem { get; init; }

    /// <summary>Tokens of a system prompt beyond those of a message, if the template adds text to it.</summary>
    public int System { get; init; }

    /// <summary>Tokens of the text that introduces tools.</summary>
    public int Tools { get; init; } = 80;

    /// <summary>The most tokens of that text at any host, if more than one host is measured; zero for twice <see cref="Tools"/>.</summary>
    public int MostTools { get; init; }

    /// <summary>Tokens of the system message that tools require if the request has none.</summary>
    public int ToolsMessage { get; init; }

    /// <summary>The style of a tool's JSON.</summary>
    public ToolJsonStyle ToolJson { get; init; } = ToolJsonStyle.Spaced;

    /// <summary>True if tools are declared as OpenAI's TypeScript-like types (gpt-oss).</summary>
    public bool HasTypeScriptTools { get; init; }

    /// <summary>True if tools are declared as by FunctionGemma (Gemma 4).</summary>
    public bool HasDeclaredTools { get; init; }

    /// <summary>True if tools are only written before the last message, and only if it is a user message (Ollama's Llama templates).</summary>
    public bool HasToolsInLastUserMessage { get; init; }

    /// <summary>True if a request that forbids tool calls has no tools in its prompt.</summary>
    public bool DropsForbiddenTools { get; init; }

    /// <summary>True if the template ignores tools (Gemma 3).</summary>
    public bool IgnoresTools { get; init; }

    /// <summary>Tokens that tools add to the system message, wherever the tools are written.</summary>
    public int ToolsSystem { get; init; }

    /// <summary>Tokens of each call in addition to its name and arguments.</summary>
    public int Call { get; init; } = 12;

    /// <summary>Tokens of the text that introduces a response schema; zero if hosts enforce it without showing it to the model.</summary>
    public int ResponseSchema { get; init; }

    /// <summary>Returns the template of a model.</summary>
    /// <param name="model">The model's id without a route prefix, in lower case, with points in its version (<see cref="ModelVersions"/>).</param>
    /// <param name="counter">The name of the model's counter.</param>
    /// <param name="host">The host. Ollama has its own templates, xAI its own prompts.</param>
    /// <param name="responses">True if the request uses the Responses API.</param>
    public static ChatTemplate Of(string model, string counter, ChatHost host, bool responses)
    {
        ChatTemplate template = OfModel(model, counter, host, responses);

        // Measured: Cerebras describes a response schema in about a hundred tokens and its JSON (Gemma 4 and gpt-oss), and leaves out the tools of a
        // request that forbids to call them (Llama 3.3, Gemma 4, GLM, gpt-oss).
        return host == ChatHost.Cerebras ? template with { DropsForbiddenTools = true, ResponseSchema = 100 } : template;
    }

    private static ChatTemplate OfModel(string model, string counter, ChatHost host, bool responses) => counter switch
    {
        // Measured: Databricks describes tools in a long prompt, and has no dates.
        "llama-3" or "llama-4" when host == ChatHost.Databricks => new() { Start = 5, Message = 5, Tools = 590, ToolJson = ToolJsonStyle.Indented },
        "phi-4" => new() { Start = 3, Message = 3 },
        "phi-4-mini" => new() { Start = 1, Message = 2 },
        // Framing, and the text and JSON around tools, are counted from the templates that the models ship with, or from Ollama's.
        // Values that the templates do not contain (defaults, prompts of hosts) are measured on recorded requests.
        "llama-3" or "llama-4" when model.Contains("guard", StringComparison.Ordinal) => new() { Start = 5, Message = 5, DefaultSystem = 183 },
        "llama-3" or "llama-4" when host == ChatHost.Ollama => model.StartsWith("llama3.1", StringComparison.Ordinal) || model.StartsWith("llama3.3", StringComparison.Ordinal)
            ? new() { Start = 5, Message = 5, System = 10, Tools = 55, ToolsSystem = 45, ToolJson = ToolJsonStyle.Compact, HasToolsInLastUserMessage = true }
            : model.StartsWith("llama3.2", StringComparison.Ordinal)
                ? new() { Start = 5, Message = 5, DefaultSystem = 15, System = 10, Tools = 55, ToolsSystem = 25, ToolJson = ToolJsonStyle.Compact, HasToolsInLastUserMessage = true }
                : new() { Start = 5, Message = 5 },
        // Hermes has Qwen's framing, and a text of its own before the tools.
        "llama-3" when model.Contains("hermes", StringComparison.Ordinal) => new() { Start = 3, Message = 5, Tools = 185, ToolsMessage = 5, Call = 18 },
        "llama-3" or "llama-4" when IsDatedLlama(model) => new() { Start = 5, Message = 5, DefaultSystem = 25, System = 20, Tools = 56, ToolJson = ToolJsonStyle.Indented },
        // The prompt that Meta publishes for the tools of Llama 4 has about 660 tokens. Groq and Together use it (three requests, 657 to 711 with
        // compact JSON); Cerebras has a shorter one. Both leave out tools that must not be called.
        "llama-4" => host == ChatHost.Cerebras
            ? new() { Start = 5, Message = 5, Tools = 190, ToolJson = ToolJsonStyle.Indented }
            : new() { Start = 5, Message = 5, Tools = 660, MostTools = 750, ToolJson = ToolJsonStyle.Spaced, DropsForbiddenTools = true },
        "llama-3" => new() { Start = 5, Message = 5, Tools = 100, ToolJson = ToolJsonStyle.Indented },
        // Mistral Small 3 as named by Ollama, with the default prompt that it ships. At other hosts call ids count on both sides of a call.
        "llama-2" or "mistral" or "mistral-tekken" when model.Contains("mistral-small3", StringComparison.Ordinal) => new() { Start = 1, Message = 3, DefaultSystem = 354, Tools = 8, HasToolsInLastUserMessage = true, Call = 6, DropsForbiddenTools = true },
        // The template of Mistral Small 3's weights has a default prompt, which hosts may use. Mistral's own API has none (recorded).
        "llama-2" or "mistral" or "mistral-tekken" => new() { Start = 1, Message = 3, Tools = 6, Call = 40, DropsForbiddenTools = true, MostDefaultSystem = IsMistralWithPrompt(model) && host != ChatHost.Maker ? 480 : 0 },
        // Measured: Gemma 3's template ignores tools. Gemma 4's declares them in a system message as FunctionGemma's does, and the larger
        // models' begins the answer with an empty thought.
        "gemini" when model.Contains("gemma3", StringComparison.Ordinal) || model.Contains("gemma-3", StringComparison.Ordinal) => new() { Start = 4, Message = 5, IgnoresTools = true },
        "gemini" when model.Contains("gemma4", StringComparison.Ordinal) || model.Contains("gemma-4", StringComparison.Ordinal) => new() { Start = IsLargeGemma(model) ? 8 : 4, Message = 5, Tools = 5, HasDeclaredTools = true },
        "gemini" => new() { Start = 4, Message = 5 },
        "deepseek" when responses => new() { Start = 80, Message = 1, Tools = 205, Call = 30, DropsForbiddenTools = true },
        // V4 writes each call and each argument as an element of its own (one request).
        "deepseek" when model.Contains("v4", StringComparison.Ordinal) => new() { Start = 2, Message = 1, Tools = 205, Call = 46, DropsForbiddenTools = true },
        "deepseek" => new() { Start = 2, Message = 1, Tools = 205, Call = 30, DropsForbiddenTools = true },
        // Qwen3-Coder's template has its own notation of tools, with an element for each part of the schema.
        "qwen" when model.Contains("coder", StringComparison.Ordinal) && model.Contains("qwen3", StringComparison.Ordinal) => new() { Start = 3, Message = 5, Tools = 195, ToolsMessage = 24, Call = 24 },
        // Alibaba, which serves Qwen 3.5 at OpenRouter, leaves out tools that must not be called (one request); Together keeps those of Qwen 3.
        "qwen" when model.Contains("3.5", StringComparison.Ordinal) || model.Contains("3.6", StringComparison.Ordinal) => new() { Start = 5, Message = 5, Tools = 201, DropsForbiddenTools = host == ChatHost.OpenRouter },
        "qwen" when host == ChatHost.Ollama => new() { Start = 3, Message = 5, DefaultSystem = IsQwen25(model) ? 22 : 0, Tools = 76, ToolJson = ToolJsonStyle.Compact, Call = 18 },
        "qwen" => new() { Start = 3, Message = 5, DefaultSystem = IsQwen25(model) ? 22 : 0, Tools = 78, ToolsMessage = IsQwen25(model) ? 0 : 5, Call = 18 },
        "o200k_harmony" => new() { Start = 63, Message = 4, System = 4, Tools = 21, ToolsMessage = 3, HasTypeScriptTools = true, Call = 18 },
        // xAI adds a prompt to every request, also if OpenRouter or a gateway sends it; Azure does not. The response schema is in the prompt.
        _ when model.Contains("grok", StringComparison.Ordinal) => Grok(model, host, responses),
        _ when model.Contains("glm", StringComparison.Ordinal) => new() { Start = 3, Message = 2, Tools = 90, DropsForbiddenTools = true },
        // From K2.5 on, Moonshot's template declares tools as types.
        _ when model.Contains("kimi-k2.", StringComparison.Ordinal) => new() { Start = 3, Message = 5, Tools = 22, HasTypeScriptTools = true, Call = 12 },
        // K3 adds a text about the effort of thinking to every request, and each message has attributes.
        _ when model.Contains("kimi-k3", StringComparison.Ordinal) => new() { Start = 75, Message = 12, Tools = 36, ToolJson = ToolJsonStyle.Compact, Call = 35, ResponseSchema = 62 },
        // K2 has a default prompt.
        _ when model.Contains("kimi", StringComparison.Ordinal) => new() { Start = 3, Message = 5, DefaultSystem = 18, Tools = 4, Call = 6 },
        _ when model.Contains("minimax-m2", StringComparison.Ordinal) => new() { Start = 6, Message = 5, DefaultSystem = 20, MostDefaultSystem = 10, Tools = 108, Call = 26 },
        // Granite 3 has a default prompt with dates, Granite 4 a shorter one.
        _ when model.Contains("granite", StringComparison.Ordinal) && !model.Contains("vision", StringComparison.Ordinal) => new() { Start = 3, Message = 5, DefaultSystem = model.Contains("granite-4", StringComparison.Ordinal) || model.Contains("granite4", StringComparison.Ordinal) ? 22 : 41, Tools = 120 },
        _ => new() { Start = 4, Message = 4 },
    };

    private static ChatTemplate Grok(string model, ChatHost host, bool responses)
    {
        // Measured, in tokens: 3-mini 0, 4-fast 110, 4.1-fast 165, 4.3 120 (185 for the Responses API), code-fast 197. Azure has 0.
        bool Is(string name) => model.Contains(name, StringComparison.Ordinal);
        int prompt = Is("code") ? 197
            : host is ChatHost.AzureAI or ChatHost.OpenAI ? 0
            : Is("grok-4.1") ? 165
            : Is("grok-4.") ? (responses ? 185 : 120)
            : Is("grok-4-fast") && host is ChatHost.XAI or ChatHost.OpenRouter ? 110
            : 0;
        int tools = Is("code") || (Is("grok-4.") && !Is("grok-4.1")) ? 22 : Is("grok-3") ? 205 : 125;
        return new() { Start = prompt, Message = 3, Tools = tools, ResponseSchema = 37 };
    }

    private static bool IsMistralWithPrompt(string model) =>
        model.Contains("mistral-small-3", StringComparison.Ordinal) || model.Contains("mistral-small-24b", StringComparison.Ordinal)
        || model.Contains("devstral", StringComparison.Ordinal) || model.Contains("magistral", StringComparison.Ordinal);

    private static bool IsLargeGemma(string model) => model.Contains("31b", StringComparison.Ordinal) || model.Contains("26b", StringComparison.Ordinal);

    private static bool IsQwen25(string model) => model.Contains("2.5", StringComparison.Ordinal);

    // Llama 3.1 and later begin with a system message that contains dates; the 8B preview of 3.3 does not (measured).
    private static bool IsDatedLlama(string model) =>
        !model.Contains("3.3-8b", StringComparison.Ordinal)
        && (model.Contains("3.1", StringComparison.Ordinal) || model.Contains("3.2", StringComparison.Ordinal) || model.Contains("3.3", StringComparison.Ordinal));
}
