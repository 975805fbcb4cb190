using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>The provider, endpoint and wire format of a path.</summary>
internal sealed record SimulatedRoute(
    SimulatedProvider? Provider,
    SimulatedEndpoint Endpoint,
    WireFormat Format,
    Func<ProviderScript, JsonElement, JsonNode?>? Inform = null,
    Func<SimulatedBills, JsonNode>? Bill = null)
{
    // The formats are immutable and independent of each other.
    private static readonly WireFormat OpenAIChat = new OpenAIChatFormat();
    private static readonly WireFormat OpenAIResponses = new OpenAIResponsesFormat();
    private static readonly WireFormat Anthropic = new AnthropicFormat();
    private static readonly WireFormat LiteLLM = new LiteLLMFormat();
    private static readonly WireFormat Ollama = new OllamaFormat();
    private static readonly WireFormat OpenAIEmbedding = new OpenAIEmbeddingFormat();
    private static readonly WireFormat LiteLLMEmbedding = new LiteLLMEmbeddingFormat();
    private static readonly WireFormat OllamaEmbedding = new OllamaEmbeddingFormat();

    private static readonly Dictionary<string, SimulatedRoute> Routes = new(StringComparer.Ordinal)
    {
        ["POST /openai/v1/chat/completions"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.Chat, OpenAIChat),
        ["POST /openai/v1/responses"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.Chat, OpenAIResponses),
        ["POST /openai/v1/responses/input_tokens"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.TokenCount, OpenAIResponses),
        ["POST /openai/v1/embeddings"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.Embedding, OpenAIEmbedding),
        ["GET /openai/v1/models"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.Information, OpenAIChat, ModelList),
        ["GET /openai/v1/organization/usage/completions"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.Information, OpenAIChat, Bill: bills => bills.OpenAIUsage()),
        ["GET /openai/v1/organization/costs"] = new(SimulatedProvider.OpenAI, SimulatedEndpoint.Information, OpenAIChat, Bill: bills => bills.OpenAICosts()),
        ["GET /anthropic/v1/organizations/usage_report/messages"] = new(SimulatedProvider.Anthropic, SimulatedEndpoint.Information, Anthropic, Bill: bills => bills.AnthropicUsage()),
        ["GET /anthropic/v1/organizations/cost_report"] = new(SimulatedProvider.Anthropic, SimulatedEndpoint.Information, Anthropic, Bill: bills => bills.AnthropicCosts()),
        ["POST /anthropic/v1/messages"] = new(SimulatedProvider.Anthropic, SimulatedEndpoint.Chat, Anthropic),
        ["POST /anthropic/v1/messages/count_tokens"] = new(SimulatedProvider.Anthropic, SimulatedEndpoint.TokenCount, Anthropic),
        ["GET /anthropic/v1/models"] = new(SimulatedProvider.Anthropic, SimulatedEndpoint.Information, Anthropic, AnthropicModelList),
        ["POST /litellm/chat/completions"] = new(SimulatedProvider.LiteLLM, SimulatedEndpoint.Chat, LiteLLM),
        ["POST /litellm/v1/chat/completions"] = new(SimulatedProvider.LiteLLM, SimulatedEndpoint.Chat, LiteLLM),
        ["POST /litellm/embeddings"] = new(SimulatedProvider.LiteLLM, SimulatedEndpoint.Embedding, LiteLLMEmbedding),
        ["POST /litellm/v1/embeddings"] = new(SimulatedProvider.LiteLLM, SimulatedEndpoint.Embedding, LiteLLMEmbedding),
        ["POST /litellm/utils/token_counter"] = new(SimulatedProvider.LiteLLM, SimulatedEndpoint.TokenCount, LiteLLM),
        ["GET /litellm/v1/models"] = new(SimulatedProvider.LiteLLM, SimulatedEndpoint.Information, LiteLLM, ModelList),
        ["POST /ollama/api/chat"] = new(SimulatedProvider.Ollama, SimulatedEndpoint.Chat, Ollama),
        ["POST /ollama/api/embed"] = new(SimulatedProvider.Ollama, SimulatedEndpoint.Embedding, OllamaEmbedding),
        ["GET /ollama/api/version"] = new(SimulatedProvider.Ollama, SimulatedEndpoint.Information, Ollama, (_, _) => new JsonObject { ["version"] = "0.12.6" }),
        ["GET /ollama/api/tags"] = new(SimulatedProvider.Ollama, SimulatedEndpoint.Information, Ollama, OllamaTags),
        ["POST /ollama/api/show"] = new(SimulatedProvider.Ollama, SimulatedEndpoint.Information, Ollama, OllamaShow),
        ["GET /ollama"] = new(SimulatedProvider.Ollama, SimulatedEndpoint.Information, Ollama, (_, _) => JsonValue.Create("Ollama is running")),
    };

    public static SimulatedRoute Find(string method, string path)
    {
        path = path.TrimEnd('/');
        if (Routes.TryGetValue($"{(method == "HEAD" ? "GET" : method)} {path}", out SimulatedRoute? route))
        {
            return route;
        }

        return path.Split('/') switch
        {
            [_, "openai", "v1", "responses", not "input_tokens"] when method is "GET" or "DELETE" =>
                new SimulatedRoute(SimulatedProvider.OpenAI, SimulatedEndpoint.StoredAnswer, OpenAIResponses),
            [_, "openai", "v1", "responses", _, "cancel"] when method == "POST" =>
                new SimulatedRoute(SimulatedProvider.OpenAI, SimulatedEndpoint.StoredAnswer, OpenAIResponses),
            [_, "openai", "deployments", _, "chat", "completions"] when method == "POST" => Routes["POST /openai/v1/chat/completions"],
            [_, "openai", "deployments", _, "embeddings"] when method == "POST" => Routes["POST /openai/v1/embeddings"],
            [_, "anthropic", ..] => new SimulatedRoute(SimulatedProvider.Anthropic, SimulatedEndpoint.Unknown, Anthropic),
            [_, "litellm", ..] => new SimulatedRoute(SimulatedProvider.LiteLLM, SimulatedEndpoint.Unknown, LiteLLM),
            [_, "ollama", ..] => new SimulatedRoute(SimulatedProvider.Ollama, SimulatedEndpoint.Unknown, Ollama),
            [_, "openai", ..] => new SimulatedRoute(SimulatedProvider.OpenAI, SimulatedEndpoint.Unknown, OpenAIChat),
            _ => new SimulatedRoute(null, SimulatedEndpoint.Unknown, OpenAIChat),
        };
    }

    private static JsonObject ModelList(ProviderScript script, JsonElement request) => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. script.Models.Select(model => new JsonObject
        {
            ["id"] = model,
            ["object"] = "model",
            ["created"] = 1_700_000_000,
            ["owned_by"] = "simulator",
        })]),
    };

    private static JsonObject AnthropicModelList(ProviderScript script, JsonElement request) => new()
    {
        ["data"] = new JsonArray([.. script.Models.Select(model => new JsonObject
        {
            ["type"] = "model",
            ["id"] = model,
            ["display_name"] = model,
            ["created_at"] = "2025-01-01T00:00:00Z",
        })]),
        ["has_more"] = false,
        ["first_id"] = script.Models.Count > 0 ? script.Models[0] : null,
        ["last_id"] = script.Models.Count > 0 ? script.Models[^1] : null,
    };

    private static JsonObject OllamaTags(ProviderScript script, JsonElement request) => new()
    {
        ["models"] = new JsonArray([.. script.Models.Select(model => new JsonObject
        {
            ["name"] = model,
            ["model"] = model,
            ["modified_at"] = "2025-01-01T00:00:00Z",
            ["size"] = 2_000_000_000,
            ["digest"] = new string('0', 64),
            ["details"] = OllamaDetails(),
        })]),
    };

    private static JsonObject? OllamaShow(ProviderScript script, JsonElement request) =>
        script.Has(request.String("model") ?? request.String("name"))
            ? new JsonObject
            {
                ["modelfile"] = "",
                ["parameters"] = "num_ctx 4096",
                ["template"] = "{{ .Prompt }}",
                ["details"] = OllamaDetails(),
                ["model_info"] = new JsonObject { ["general.architecture"] = "llama", ["llama.context_length"] = 131_072 },
                ["capabilities"] = new JsonArray("completion", "tools"),
                ["modified_at"] = "2025-01-01T00:00:00Z",
            }
            : null;

    private static JsonObject OllamaDetails() => new()
    {
        ["parent_model"] = "",
        ["format"] = "gguf",
        ["family"] = "llama",
        ["families"] = new JsonArray("llama"),
        ["parameter_size"] = "3.2B",
        ["quantization_level"] = "Q4_K_M",
    };
}
