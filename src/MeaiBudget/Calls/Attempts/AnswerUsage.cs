using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads usage out of answers, and writes it in where a provider gave none.</summary>
internal static class AnswerUsage
{
    /// <summary>The count that marks input tokens as ours; a count, because function invocation adds counts up.</summary>
    public const string EstimatedInputTokens = "meaibudget.estimated_input_tokens";

    /// <summary>The count that marks output tokens as ours.</summary>
    public const string EstimatedOutputTokens = "meaibudget.estimated_output_tokens";

    /// <summary>The numbers of a usage, copied at once; null if it says nothing.</summary>
    public static BillableUsage? Read(UsageDetails? usage, object? raw, AttemptRoute route)
    {
        if (usage is null || usage.AdditionalCounts?.ContainsKey(EstimatedOutputTokens) == true)
        {
            return null;
        }

        BillableUsage read = (route.Normalizer ?? UsageNormalizer.Default).Normalize(usage, raw);
        return read is { InputTokens: 0, OutputTokens: 0, ProviderStatedCost: null, IsInconsistent: false } ? null : read;
    }

    /// <summary>A usage of our own, marked as such.</summary>
    public static UsageDetails Estimated(in BillableUsage usage) => new()
    {
        InputTokenCount = usage.InputTokens,
        OutputTokenCount = usage.OutputTokens,
        TotalTokenCount = usage.InputTokens + usage.OutputTokens,
        AdditionalCounts = new()
        {
            [EstimatedInputTokens] = usage.InputTokens,
            [EstimatedOutputTokens] = usage.OutputTokens,
        },
    };
}
