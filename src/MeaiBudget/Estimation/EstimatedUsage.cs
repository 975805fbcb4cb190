using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Fills in the usage that a provider left out, marked so that nobody takes it for the provider's.</summary>
internal static class EstimatedUsage
{
    /// <summary>The entry of <see cref="UsageDetails.AdditionalCounts"/> that marks an input count as ours.</summary>
    public const string InputMark = "meaibudget.estimated_input_tokens";

    /// <summary>The entry of <see cref="UsageDetails.AdditionalCounts"/> that marks an output count as ours.</summary>
    public const string OutputMark = "meaibudget.estimated_output_tokens";

    /// <summary>Gives a usage with both counts.</summary>
    /// <param name="reported">What the provider reported; not changed. Zeros beside an answer count as left out: some clients turn absent counts into zeros.</param>
    /// <param name="inputTokens">The estimate of the input.</param>
    /// <param name="outputTokens">The tokens of the answer that was received.</param>
    /// <returns><paramref name="reported"/> itself if it holds both counts, else a marked copy.</returns>
    public static UsageDetails FillIn(UsageDetails? reported, long inputTokens, long outputTokens)
    {
        bool hasInput = reported?.InputTokenCount is > 0;
        bool hasOutput = reported?.OutputTokenCount is > 0 || (reported?.OutputTokenCount is 0 && outputTokens == 0);
        if (reported is not null && hasInput && hasOutput)
        {
            return reported;
        }

        var filled = new UsageDetails();
        if (reported is not null)
        {
            filled.Add(reported);
        }

        filled.AdditionalCounts ??= [];
        if (!hasInput)
        {
            filled.InputTokenCount = inputTokens;
            filled.AdditionalCounts[InputMark] = inputTokens;
        }

        if (!hasOutput)
        {
            filled.OutputTokenCount = outputTokens;
            filled.AdditionalCounts[OutputMark] = outputTokens;
        }

        filled.TotalTokenCount = filled.InputTokenCount + filled.OutputTokenCount;
        return filled;
    }

    /// <summary>Tells whether some of a usage is ours.</summary>
    public static bool IsEstimated(UsageDetails usage) =>
        usage.AdditionalCounts is { } counts && (counts.ContainsKey(InputMark) || counts.ContainsKey(OutputMark));
}
