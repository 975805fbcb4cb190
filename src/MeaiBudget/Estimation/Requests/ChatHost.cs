namespace MeaiBudget;

/// <summary>Who serves a model, where that changes what a request costs.</summary>
internal enum ChatHost
{
    /// <summary>Anybody else.</summary>
    Other,

    /// <summary>Ollama, with chat templates of its own.</summary>
    Ollama,

    /// <summary>Google's Vertex AI, which bills Gemini's tools by their fields, not as the model sees them.</summary>
    VertexAI,

    /// <summary>OpenRouter, which asks OpenAI's reasoning models through the Responses API whatever it is asked through.</summary>
    OpenRouter,

    /// <summary>xAI, which puts a prompt of its own before a request.</summary>
    XAI,
}

/// <summary>Tells a host from its address.</summary>
internal static class ChatHosts
{
    public static ChatHost Of(Uri? address) => address switch
    {
        null => ChatHost.Other,
        { Port: 11434 } => ChatHost.Ollama,
        { Host: var host } when host.Contains("ollama", StringComparison.OrdinalIgnoreCase) => ChatHost.Ollama,
        { Host: "openrouter.ai" } => ChatHost.OpenRouter,
        { Host: "api.x.ai" } => ChatHost.XAI,
        { Host: var host } when host.EndsWith("aiplatform.googleapis.com", StringComparison.OrdinalIgnoreCase) => ChatHost.VertexAI,
        _ => ChatHost.Other,
    };
}
