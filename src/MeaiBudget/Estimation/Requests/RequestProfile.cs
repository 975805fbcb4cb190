using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Token counter and framing rules for one model and wire format.</summary>
/// <param name="Model">The model's id without a route prefix, in lower case.</param>
/// <param name="Counter">The counter of the model's texts.</param>
/// <param name="Rules">The rules of the model's requests.</param>
/// <param name="Api">The wire format.</param>
internal sealed record RequestProfile(string Model, ITokenCounter Counter, RequestRules Rules, ChatApi Api)
{
    private static readonly AnthropicFraming Claude3Haiku = new() { Tools = 273, ToolsRequired = 378 };

    // Measured: 13 to 27 tokens more for an image than its patches have.
    private static readonly AnthropicFraming Claude35Haiku = Claude3Haiku with { Image = 23 };

    private static readonly AnthropicFraming Claude3Opus = new() { Tools = 539, ToolsRequired = 290 };

    private static readonly AnthropicFraming Claude3Sonnet = new() { Tools = 168, ToolsRequired = 244 };

    private static readonly AnthropicFraming Claude35Sonnet = new() { Tools = 315, ToolsRequired = 329 };

    private static readonly AnthropicFraming Claude4 = new() { Tools = 322, ToolsRequired = 330 };

    private static readonly AnthropicFraming Claude45 = new() { Tools = 506, ToolsRequired = 600, ParallelTools = 213 };

    private static readonly AnthropicFraming Claude47 = new() { Tools = 320, ToolsRequired = 400, Thinking = 0, HasLargeImages = true, TextPercent = 158, Citations = 788 };

    // Measured: Opus 4.7 has a longer tool prompt than the models after it.
    private static readonly AnthropicFraming ClaudeOpus47 = Claude47 with { Tools = 690, ToolsRequired = 820 };

    private static readonly AnthropicFraming ClaudeSonnet5 = Claude47 with { Tools = 400, ToolsRequired = 480 };

    /// <summary>Returns the profile of a model. The model id is the provider's.</summary>
    public static RequestProfile Of(string modelId, ChatApi api, ChatHost host)
    {
        string model = Bare(modelId);
        ITokenCounter counter = TokenCounters.ForModel(modelId);
        bool isUnknown = counter.Name == ModelFamilies.Unknown;
        if (isUnknown && OfApi(api) is { } family)
        {
            // An API that one maker has shows the family of a model whose id does not, such as an ARN or a tuned model's number.
            counter = TokenCounters.Get(family);
        }

        RequestRules rules = api == ChatApi.TextCompletion ? new TextCompletionRules(counter.IsExact || ModelFamilies.CounterName(modelId) is "p50k_base" or "r50k_base")
            : isUnknown && host == ChatHost.OpenAI ? new OpenAIRequestRules(Deployed(model), api == ChatApi.OpenAIResponses, isFirstGeneration: false, isGuess: true)
            : counter.Name is "o200k_base" or "cl100k_base" ? new OpenAIRequestRules(model, api == ChatApi.OpenAIResponses || (host == ChatHost.OpenRouter && OpenAIRequestRules.IsReasoning(model)), counter.Name == "cl100k_base")
            : model.Contains("claude", StringComparison.Ordinal) ? new AnthropicRequestRules(ClaudeFraming(model, counter.Name), host == ChatHost.Databricks)
            : model.Contains("gemini", StringComparison.Ordinal) || api == ChatApi.Gemini ? new GeminiRequestRules(GeminiGeneration(model), host == ChatHost.VertexAI)
            : api == ChatApi.AnthropicMessages && isUnknown ? new AnthropicRequestRules(Claude45, hasSchemaAsTool: false)
            : TemplateRules(modelId, model, counter, HostOf(api, host), api);
        return new RequestProfile(model, counter, rules, api);
    }

    // Makers of open models offer Anthropic's API for their own templates (GLM, Kimi, DeepSeek, MiniMax). None of it is measured.
    private static ChatHost HostOf(ChatApi api, ChatHost host) => api switch
    {
        ChatApi.Ollama => ChatHost.Ollama,
        ChatApi.AnthropicMessages => ChatHost.Other,
        _ => host,
    };

    // The newest Claude has the most tokens of all known tokenizers.
    private static string? OfApi(ChatApi api) => api switch
    {
        ChatApi.AnthropicMessages => "claude-4.7",
        ChatApi.Gemini => "gemini",
        _ => null,
    };

    // Many deployments are named after their model: "team-gpt-5-mini".
    private static string Deployed(string model) => model.IndexOf("gpt-", StringComparison.Ordinal) is > 0 and var start ? model[start..] : model;

    // Of 160 recorded requests to measured hosts and templates, none has more than 7 tokens for which neither the rules nor the uncertainty of
    // its text account; both halves of the projects have that maximum. The framing of each further message may be off, too.
    private const int MeasuredPrompt = 8;
    private const int MeasuredMessage = 4;

    private static ChatTemplateRules TemplateRules(string modelId, string model, ITokenCounter counter, ChatHost host, ChatApi api)
    {
        // OpenRouter's free models are served by hosts with long prompts of their own (recorded: 540 to 570 tokens), other hosts add up to 136.
        // Ollama adds what a model file says; of the families below, recorded requests have at most 42 tokens more than estimated. Where the
        // host and the template are both measured, it is far less.
        bool isFree = host == ChatHost.OpenRouter && modelId.EndsWith(":free", StringComparison.Ordinal);
        // Kimi, GLM and Grok are measured at Azure, Grok also at Azure OpenAI's addresses.
        bool isMakersTemplate = counter.Name == "modern" && (model.Contains("kimi", StringComparison.Ordinal) || model.Contains("glm", StringComparison.Ordinal) || model.Contains("grok", StringComparison.Ordinal));
        bool servesPublished = host is ChatHost.Published or ChatHost.Cerebras or ChatHost.Maker;
        bool isKnown = isMakersTemplate ? servesPublished || host is ChatHost.AzureAI or ChatHost.OpenAI
            : (servesPublished || host is ChatHost.Ollama or ChatHost.AzureAI)
                && counter.Name is "llama-2" or "llama-3" or "qwen" or "gemini" or "deepseek" or "mistral" or "mistral-tekken" or "o200k_harmony";
        int unmeasuredPrompt = isFree ? 640 : isKnown ? 120 : 240;
        bool isMeasured = isKnown && (isMakersTemplate || servesPublished || (host == ChatHost.Ollama && IsInLibrary(modelId)));
        string version = ModelVersions.Dotted(model);
        var template = ChatTemplate.Of(version, counter.Name, host, api == ChatApi.OpenAIResponses);
        return new ChatTemplateRules(template, OpenMediaRules.ForModel(version), isMeasured ? MeasuredPrompt : unmeasuredPrompt, unmeasuredPrompt, host == ChatHost.Ollama)
        {
            IsKnownFamily = counter.Name != ModelFamilies.Unknown,
            IsMaker = host == ChatHost.Maker && isMeasured,
            IsForbiddingMeasured = host is ChatHost.Maker or ChatHost.Cerebras,
            MessageMargin = isMeasured ? MeasuredMessage : 0,
            MayThink = !(counter.Name is "llama-2" or "llama-3" or "mistral" || template.IgnoresTools),
        };
    }

    // Models of Ollama's library whose templates are measured on recorded requests. A name with a slash is a user's own model.
    private static bool IsInLibrary(string modelId) => modelId.Split(':')[0].ToLowerInvariant() is
        "llama2" or "llama3" or "llama3.1" or "llama3.2" or "llama-guard3" or "gemma3" or "gpt-oss" or "qwen2.5" or "qwen3" or "qwen3.6" or "mistral-small3.1";

    /// <summary>Removes route prefixes from a model's id: <c>openrouter/openai/gpt-5</c>, <c>us.anthropic.claude-3</c>, <c>models/gemini-2</c>.</summary>
    public static string Bare(string modelId)
    {
        string model = modelId[(modelId.LastIndexOf('/') + 1)..].ToLowerInvariant();
        foreach (string vendor in (ReadOnlySpan<string>)["openai.", "openai:", "openai-", "anthropic.", "google:", "ft:"])
        {
            int found = model.IndexOf(vendor, StringComparison.Ordinal);
            if (found >= 0 && found <= 8)
            {
                model = model[(found + vendor.Length)..];
            }
        }

        return model;
    }

    // "gemini-2.5-pro" is 25. An id without a number is treated as the newest generation.
    private static int GeminiGeneration(string model)
    {
        int start = model.IndexOf("gemini-", StringComparison.Ordinal) + "gemini-".Length;
        string digits = new([.. model.Skip(start).TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.').Where(char.IsAsciiDigit).Take(2)]);
        return digits.Length switch
        {
            0 => model.Contains("gemini-pro", StringComparison.Ordinal) ? 10 : 30,
            1 => 10 * (digits[0] - '0'),
            _ => int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    // Anthropic documents a tool envelope for some models on its "Tool use" page. Recorded requests take precedence if they differ.
    private static AnthropicFraming ClaudeFraming(string model, string counter)
    {
        string version = model.Replace('.', '-');
        bool Has(string part) => version.Contains(part, StringComparison.Ordinal);
        if (counter != "claude-3")
        {
            return Has("sonnet-5") || Has("5-sonnet") ? ClaudeSonnet5 : Has("opus-4-7") || Has("4-7-opus") ? ClaudeOpus47 : Claude47;
        }

        // The version stands after the name or before it: claude-sonnet-4-5, claude-4-5-sonnet, claude-4-sonnet.
        return Has("4-5") || Has("4-6") ? Claude45
            : Has("3-7") || Has("sonnet-4") || Has("opus-4") || Has("claude-4") ? Claude4
            : Has("3-5-sonnet") || Has("sonnet-3-5") ? Claude35Sonnet
            : Has("3-5-haiku") || Has("haiku-3-5") ? Claude35Haiku
            : Has("opus") ? Claude3Opus
            : Has("3-sonnet") ? Claude3Sonnet
            : Claude3Haiku;
    }
}
