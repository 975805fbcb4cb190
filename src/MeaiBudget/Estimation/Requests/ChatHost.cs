namespace MeaiBudget;

/// <summary>The host of a model, where it affects the tokens of a request.</summary>
internal enum ChatHost
{
    /// <summary>Any other host.</summary>
    Other,

    /// <summary>Ollama, which has its own chat templates.</summary>
    Ollama,

    /// <summary>Google's Vertex AI, which bills the fields of Gemini's tools, not their rendering.</summary>
    VertexAI,

    /// <summary>OpenRouter, which sends requests for OpenAI's reasoning models to the Responses API in any case.</summary>
    OpenRouter,

    /// <summary>xAI, which adds its own prompt to requests.</summary>
    XAI,

    /// <summary>A host that serves models with their published templates and adds no prompt of its own (measured).</summary>
    Published,

    /// <summary>The maker of the model, whose templates and notation of tools are measured: DeepSeek, Mistral, Z.ai.</summary>
    Maker,

    /// <summary>OpenAI or Azure OpenAI, where an unknown name is that of a deployment of one of OpenAI's models.</summary>
    OpenAI,

    /// <summary>Azure AI Foundry, which serves models of many makers with their published templates.</summary>
    AzureAI,

    /// <summary>Cerebras, which serves published templates, writes a response schema into the prompt, and leaves out tools that must not be called.</summary>
    Cerebras,

    /// <summary>Databricks, which sends a response schema to Claude as a tool that must be called.</summary>
    Databricks,
}

/// <summary>Detects the host by its address.</summary>
internal static class ChatHosts
{
    private static readonly string[] PublishedTemplates =
        ["api.groq.com", "api.together.ai", "api.together.xyz", "api.cloudflare.com"];

    private static readonly string[] Makers = ["api.deepseek.com", "api.mistral.ai", "api.z.ai"];

    private static readonly string[] OpenAIHosts = ["api.openai.com", ".openai.azure.com", ".cognitiveservices.azure.com"];

    public static ChatHost Of(Uri? address) => address switch
    {
        null => ChatHost.Other,
        { Port: 11434 } => ChatHost.Ollama,
        { Host: var host } when host.Contains("ollama", StringComparison.OrdinalIgnoreCase) => ChatHost.Ollama,
        { Host: var host } when host.Contains("databricks", StringComparison.OrdinalIgnoreCase) => ChatHost.Databricks,
        { Host: "openrouter.ai" } => ChatHost.OpenRouter,
        { Host: "api.x.ai" } => ChatHost.XAI,
        { Host: "api.cerebras.ai" } => ChatHost.Cerebras,
        { Host: var host } when host.EndsWith("aiplatform.googleapis.com", StringComparison.OrdinalIgnoreCase) => ChatHost.VertexAI,
        { Host: var host } when host.StartsWith("bedrock-", StringComparison.OrdinalIgnoreCase) => ChatHost.Published,
        { Host: var host } when Array.Exists(OpenAIHosts, suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) => ChatHost.OpenAI,
        { Host: var host } when host.EndsWith(".ai.azure.com", StringComparison.OrdinalIgnoreCase) => ChatHost.AzureAI,
        { Host: var host } when Makers.Contains(host, StringComparer.OrdinalIgnoreCase) => ChatHost.Maker,
        { Host: var host } when PublishedTemplates.Contains(host, StringComparer.OrdinalIgnoreCase) => ChatHost.Published,
        _ => ChatHost.Other,
    };
}
