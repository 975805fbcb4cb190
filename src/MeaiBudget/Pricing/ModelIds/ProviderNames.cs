namespace MeaiBudget;

/// <summary>Maps the provider names of SDKs, conventions and price files to one spelling.</summary>
internal static class ProviderNames
{
    internal const string Ollama = "ollama";
    internal const string Bedrock = "bedrock";
    internal const string Google = "google";

    // The order in which the makers of a model are preferred for an id without a provider. Resellers come after them.
    private static readonly string[] Makers = ["openai", "anthropic", Google, "mistral", "deepseek", "xai", "cohere", "moonshotai", "zai"];

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
        ["gcp.vertex_ai"] = Google,
        ["google-gla"] = Google,
        ["google-vertex"] = Google,
        ["vertex"] = Google,
        ["vertex_ai"] = Google,
        ["vertexai"] = Google,
        ["vertex_ai_beta"] = Google,
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
        ["moonshot"] = "moonshotai",
        ["z-ai"] = "zai",
        ["zhipuai"] = "zai",
        ["ollama_chat"] = Ollama,
        ["ollama-cloud"] = "ollama-cloud",
        ["litellm_proxy"] = "litellm",
        ["portkey"] = "portkey-gateway",
        ["vercel"] = "vercel_ai_gateway",
    };

    // The provider names that may precede a slash in an id.
    private static readonly HashSet<string> Known = new(
        [.. Synonyms.Keys, .. Synonyms.Values, .. Makers, "azure", Bedrock, "groq", "openrouter", "together", "fireworks", "perplexity", "cerebras", "sambanova", "novita",
         "nebius", "huggingface", "replicate", "deepinfra", "databricks", "watsonx", "github", "github_copilot", "nvidia_nim", "meta", "meta-llama", "qwen", "litellm", "amazon", "minimax"],
        StringComparer.OrdinalIgnoreCase);

    // These charge the maker's prices, or are the name of a wire protocol that many servers use.
    private static readonly HashSet<string> Transparent = new(["openai", "azure", Google, "litellm", "openrouter", "vercel_ai_gateway", "portkey-gateway", "github"], StringComparer.Ordinal);

    /// <summary>Returns the canonical name of a provider; null for none.</summary>
    internal static string? Canonical(string? provider)
    {
        if (string.IsNullOrWhiteSpace(provider))
        {
            return null;
        }

        return Synonyms.TryGetValue(provider, out string? name) ? name : provider.Trim().ToLowerInvariant();
    }

    internal static bool IsKnown(string name) => Known.Contains(name);

    internal static bool PassesPricesOn(string? canonicalProvider) => canonicalProvider is null || Transparent.Contains(canonicalProvider);

    internal static bool IsMaker(string? canonicalProvider) => Array.IndexOf(Makers, canonicalProvider) >= 0;

    internal static int Rank(string? canonicalProvider)
    {
        int index = Array.IndexOf(Makers, canonicalProvider);
        return index < 0 ? int.MaxValue : index;
    }
}
