namespace MeaiBudget.Tool;

/// <summary>A provider found by environment variables, with the values of its configuration.</summary>
internal sealed record DiscoveredProvider(string Name, string Type, string Model, string? BaseUrl, string? ApiKey)
{
    public const string OpenAI = "OpenAI";
    public const string Anthropic = "Anthropic";
    public const string LiteLLM = "LiteLLM";
    public const string Ollama = "Ollama";

    /// <summary>Finds the providers, in the order in which they are tried; a reachable Ollama is last.</summary>
    public static async Task<IReadOnlyList<DiscoveredProvider>> FindAsync(Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var found = new List<DiscoveredProvider>();
        if (Variable("OPENAI_API_KEY") is { } openAIKey)
        {
            found.Add(new("openai", OpenAI, Variable("OPENAI_MODEL") ?? "gpt-4.1-mini", Variable("OPENAI_BASE_URL"), openAIKey));
        }

        if (Variable("ANTHROPIC_API_KEY") is { } anthropicKey)
        {
            found.Add(new("anthropic", Anthropic, Variable("ANTHROPIC_MODEL") ?? "claude-haiku-4-5", Variable("ANTHROPIC_BASE_URL"), anthropicKey));
        }

        if (Variable("LITELLM_BASE_URL") is { } proxy)
        {
            found.Add(new("litellm", LiteLLM, Variable("LITELLM_MODEL") ?? "gpt-4o-mini", proxy, Variable("LITELLM_API_KEY")));
        }

        string ollama = OllamaServer.AddressOf(Variable("OLLAMA_HOST"));
        if ((Variable("OLLAMA_MODEL") ?? await OllamaServer.FirstModelAsync(ollama, cancellationToken)) is { } model)
        {
            found.Add(new("ollama", Ollama, model, ollama, null));
        }

        return found;

        string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;
    }
}
