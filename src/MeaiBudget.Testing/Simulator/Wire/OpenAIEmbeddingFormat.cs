using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>OpenAI's embeddings.</summary>
internal sealed class OpenAIEmbeddingFormat : OpenAIChatFormat
{
    public override string MessagesProperty => "input";

    public override JsonObject Answer(WireAnswer answer, SimulatedRequest request) => EmbeddingVectors.OpenAIList(answer, request);
}
