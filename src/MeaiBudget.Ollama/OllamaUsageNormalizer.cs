using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads Ollama's usage. OllamaSharp turns counts that are missing into zeros: such usage says nothing and is no usage.</summary>
internal sealed class OllamaUsageNormalizer : IUsageNormalizer
{
    public static OllamaUsageNormalizer Instance { get; } = new();

    /// <summary>Gives the usage; nothing at all (all zero) means that it is not known.</summary>
    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return ReportedUsage.From(usage);
    }

    internal static bool IsUncounted(UsageDetails? usage) =>
        usage is { InputTokenCount: null or 0, OutputTokenCount: null or 0 };
}
