using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>An answer with everything decided, ready to be put into a wire format.</summary>
internal sealed record WireAnswer
{
    /// <summary>The request's number, which ids are made from.</summary>
    public required int Number { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<string> TextPieces { get; init; }

    public required IReadOnlyList<string> ReasoningPieces { get; init; }

    public required IReadOnlyList<WireToolCall> ToolCalls { get; init; }

    /// <summary>Null if none is reported.</summary>
    public required SimulatedUsage? Usage { get; init; }

    /// <summary>Null if none is sent.</summary>
    public required ChatFinishReason? FinishReason { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public decimal? Cost { get; init; }

    /// <summary>Whether the request asked for usage in the stream; only OpenAI's chat completions need to be asked.</summary>
    public bool StreamsUsage { get; init; }

    public string Text => string.Concat(TextPieces);

    public string Reasoning => string.Concat(ReasoningPieces);

    public bool HasText => TextPieces.Count > 0 || ToolCalls.Count == 0;

    public string Id(string prefix) => $"{prefix}sim{Number:D6}";
}
