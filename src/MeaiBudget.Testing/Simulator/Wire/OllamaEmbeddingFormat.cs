using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>Ollama's embeddings.</summary>
internal sealed class OllamaEmbeddingFormat : OllamaFormat
{
    public override string MessagesProperty => "input";

    public override JsonObject Answer(WireAnswer answer, SimulatedRequest request)
    {
        var body = new JsonObject
        {
            ["model"] = answer.Model,
            ["embeddings"] = new JsonArray([.. EmbeddingVectors.Of(request.Json).Select(EmbeddingVectors.Numbers)]),
            ["total_duration"] = 3_000_000,
            ["load_duration"] = 1_000_000,
        };
        if (answer.Usage is { } usage)
        {
            body["prompt_eval_count"] = usage.InputTokens;
        }

        return body;
    }
}
