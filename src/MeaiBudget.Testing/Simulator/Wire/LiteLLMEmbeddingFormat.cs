using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>A LiteLLM proxy's embeddings: OpenAI's format with the proxy's headers and errors.</summary>
internal sealed class LiteLLMEmbeddingFormat : LiteLLMFormat
{
    public override string MessagesProperty => "input";

    public override JsonObject Answer(WireAnswer answer, SimulatedRequest request) => EmbeddingVectors.OpenAIList(answer, request);
}
