using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>A complete answer before it is converted to a wire format.</summary>
internal sealed record WireAnswer
{
    /// <summary>The number of the request, from which ids are derived.</summary>
    public required int Number { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<string> TextPieces { get; init; }

    public required IReadOnlyList<string> ReasoningPieces { get; init; }

    public required IReadOnlyList<WireToolCall> ToolCalls { get; init; }

    /// <summary>The reported usage; null if none is reported.</summary>
    public required SimulatedUsage? Usage { get; init; }

    /// <summary>The finish reason; null if none is sent.</summary>
    public required ChatFinishReason? FinishReason { get; init; }

    /// <summary>The finish reason as it is written; null to write <see cref="FinishReason"/> in the provider's words.</summary>
    public string? FinishText { get; init; }

    /// <summary>The service tier that answers; null for the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>How a stream reports its usage.</summary>
    public SimulatedUsageReports UsageReports { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public decimal? Cost { get; init; }

    /// <summary>True if the request asks for usage in the stream. Only OpenAI's chat completions require it.</summary>
    public bool StreamsUsage { get; init; }

    /// <summary>The id of the response that the request continues; null for none.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>True if the answer is stored, so that a later request can continue it.</summary>
    public bool IsStored { get; init; } = true;

    /// <summary>True if the answer is made in the background.</summary>
    public bool IsBackground { get; init; }

    public string Text => string.Concat(TextPieces);

    public string Reasoning => string.Concat(ReasoningPieces);

    public bool HasText => TextPieces.Count > 0 || ToolCalls.Count == 0;

    public string Id(string prefix) => $"{prefix}sim{Number:D6}";
}
