namespace MeaiBudget;

/// <summary>Maps the provider names of SDKs, conventions and price files to one spelling.</summary>
internal static class ProviderNames
{
    internal const string Ollama = "ollama";
    internal const string Bedrock = "bedrock";
    internal const string Google = "google";
    internal const string Vertex = "vertex";

    // The order in which the makers of a model are preferred for an id without a provider. Resellers come after them.
    private static readonly string[] Makers = ["openai", "anthropic", Google, "mistral", "deepseek", "xai", "cohere", "moonshotai", "zai", "minimax", "alibaba", "perplexity"];

    /// <summary>This library's names by those of OpenTelemetry, MEAI, LiteLLM, genai-prices and models.dev.</summary>
    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["az.ai.openai"] = "azure",
        ["azure.ai.openai"] = "azure",
        ["azure.ai.inference"] = "azure",
        ["az.ai.inference"] = "azure",
        ["azure_ai"] = "azure",
        ["azure_text"] = "azure",
        ["azure_openai"] = "azure",
        ["azureopenai"] = "azure",
        ["aws"] = Bedrock,
        ["aws.bedrock"] = Bedrock,
        ["aws_bedrock"] = Bedrock,
        ["amazon-bedrock"] = Bedrock,
        ["amazon_bedrock"] = Bedrock,
        ["bedrock_converse"] = Bedrock,
        ["bedrock-mantle"] = Bedrock,
        ["bedrock_mantle"] = Bedrock,
        ["gemini"] = Google,
        ["gcp"] = Google,
        ["gcp.gemini"] = Google,
        ["gcp.gen_ai"] = Google,
        ["gcp.vertex_ai"] = Vertex,
        ["google-gla"] = Google,
        ["google-vertex"] = Vertex,
        ["vertex"] = Vertex,
        ["vertex_ai"] = Vertex,
        ["vertexai"] = Vertex,
        ["vertex_ai_beta"] = Vertex,
        ["mistral_ai"] = "mistral",
        ["mistralai"] = "mistral",
        ["codestral"] = "mistral",
        ["x-ai"] = "xai",
        ["x_ai"] = "xai",
        ["deepseek-ai"] = "deepseek",
        ["deepseek_ai"] = "deepseek",
        ["text-completion-openai"] = "openai",
        ["openai_like"] = "openai",
        ["cohere_chat"] = "cohere",
        ["together_ai"] = "together",
        ["together-ai"] = "together",
        ["fireworks_ai"] = "fireworks",
        ["togetherai"] = "together",
        ["fireworks-ai"] = "fireworks",
        ["google-vertex-anthropic"] = Vertex,
        ["dashscope"] = "alibaba",
        ["alibaba-cloud"] = "alibaba",
        ["qwen-cloud"] = "alibaba",
        ["github-models"] = "github",
        ["github_models"] = "github",
        ["perplexity-ai"] = "perplexity",
        ["pplx"] = "perplexity",
        ["openrouter.ai"] = "openrouter",
        ["moonshot"] = "moonshotai",
        ["z-ai"] = "zai",
        ["zhipuai"] = "zai",
        ["zhipu"] = "zai",
        ["z.ai"] = "zai",
        ["bigmodel"] = "zai",
        ["ollama_chat"] = Ollama,
        ["ollama-cloud"] = "ollama-cloud",
        ["litellm_proxy"] = "litellm",
        ["portkey"] = "portkey-gateway",
        ["vercel"] = "vercel_ai_gateway",

        // Semantic Kernel's adapters have the names of their services.
        ["OpenAIChatCompletionService"] = "openai",
        ["AzureOpenAIChatCompletionService"] = "azure",
        ["AzureAIInferenceChatCompletionService"] = "azure",
        ["GoogleAIGeminiChatCompletionService"] = Google,
        ["VertexAIGeminiChatCompletionService"] = Google,
        ["MistralAIChatCompletionService"] = "mistral",
        ["BedrockChatCompletionService"] = Bedrock,
        ["OllamaChatCompletionService"] = Ollama,
    };

    // These charge the maker's prices, or are the name of a wire protocol that many servers use.
    private static readonly HashSet<string> Transparent = new(["openai", "litellm", "vercel_ai_gateway", "portkey-gateway"], StringComparer.Ordinal);

    // These sell the models of others at their makers' prices, but have prices of their own for open models.
    private static readonly HashSet<string> Resellers = new(["azure", Google, Vertex, "openrouter"], StringComparer.Ordinal);

    // What these make is sold at their price everywhere, except for their open models.
    private static readonly string[] ClosedMakers = ["openai", "anthropic", Google, "perplexity"];

    /// <summary>Returns the canonical name of a provider; null for none.</summary>
    internal static string? Canonical(string? provider)
    {
        if (string.IsNullOrWhiteSpace(provider))
        {
            return null;
        }

        return Synonyms.TryGetValue(provider, out string? name) ? name : provider.Trim().ToLowerInvariant();
    }

    /// <summary>Returns whether a prefix is also the name under which a maker publishes open models on Hugging Face.</summary>
    internal static bool IsOrganization(string prefix) => prefix.Equals(Google, StringComparison.OrdinalIgnoreCase) || prefix.Equals("openai", StringComparison.OrdinalIgnoreCase);

    internal static bool IsKnown(string name) => Prefixes.Known.Contains(name);

    internal static bool PassesPricesOn(string? canonicalProvider) =>
        canonicalProvider is null || Transparent.Contains(canonicalProvider) || Resellers.Contains(canonicalProvider);

    /// <summary>Returns whether a provider has its own prices for models that it did not make.</summary>
    internal static bool HasOwnPrices(string? canonicalProvider) => canonicalProvider is not null && !Transparent.Contains(canonicalProvider) && !IsMaker(canonicalProvider);

    /// <summary>Returns whether a model costs at resellers what it costs at its maker.</summary>
    internal static bool SellsOnlyItself(string? canonicalProvider, string modelId) =>
        Array.IndexOf(ClosedMakers, canonicalProvider) >= 0
        && !modelId.Contains("gpt-oss", StringComparison.OrdinalIgnoreCase) && !modelId.Contains("gemma", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the provider whose prices hold where a provider lists none: Google's own for Vertex; null if there is none.</summary>
    internal static string? ParentOf(string? canonicalProvider) => canonicalProvider == Vertex ? Google : null;

    internal static bool IsMaker(string? canonicalProvider) => Array.IndexOf(Makers, canonicalProvider) >= 0;

    internal static int Rank(string? canonicalProvider)
    {
        int index = Array.IndexOf(Makers, canonicalProvider);
        return index < 0 ? int.MaxValue : index;
    }

    // Apart from the other names, because most ids are found without them.
    private static class Prefixes
    {
        // The provider names that may precede a slash in an id.
        internal static readonly HashSet<string> Known = new(
            [.. Synonyms.Keys, .. Synonyms.Values, .. Makers, "azure", Bedrock, "groq", "openrouter", "together", "fireworks", "perplexity", "cerebras", "sambanova", "novita",
             "nebius", "huggingface", "replicate", "deepinfra", "databricks", "watsonx", "github", "github_copilot", "nvidia_nim", "meta", "meta-llama", "qwen", "litellm", "amazon", "minimax"],
            StringComparer.OrdinalIgnoreCase);
    }
}
