using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Decides whether the output that was learned is enough to begin an attempt with (<see cref="OutputReservation.Learned"/>), and learns from its answer.</summary>
internal static class LearnedReservation
{
    /// <summary>What the count of an answer may be beside the billed tokens, in tokens and as a share, before the rest counts as hidden.</summary>
    private const int HiddenSlack = 64;

    /// <summary>Returns the output tokens to reserve; null if the bound is reserved.</summary>
    public static long? Of(CandidateRun run, SpendRequest request, in OutputBound bound, ModelLimits? limits, ThinkingBound thinking, WireRequest? asked)
    {
        if (run.Admission.OutputReservation != OutputReservation.Learned
            || !run.IsStreaming || run.IsPoll || bound.IsGiven || bound.Answers > 1
            || run.Options is { AllowBackgroundResponses: true }
            || (request.Estimate.Flags & TokenEstimateFlags.ServerTools) != 0
            || MayThink(run, limits, thinking)
            || (asked is not null && !IsVisible(asked)))
        {
            return null;
        }

        return run.Admission.Answers.Percentile(run.Route.Name, request.ModelId, CallerOf(run, request.Tags)) is { } learned && learned < bound.Tokens
            ? learned
            : null;
    }

    /// <summary>True if all output of the answer that a request asks for is part of its stream.</summary>
    public static bool IsVisible(WireRequest asked) =>
        asked is { IsBackground: false, AnswerCount: <= 1, PredictionBytes: 0, MayCompact: false, AsksForAudio: false, AsksForImages: false }
        && asked.ThinkingBudget is null or 0 && asked.Effort is null or ReasoningEffort.None;

    /// <summary>Learns from an answer that came to its end.</summary>
    /// <param name="run">The candidate.</param>
    /// <param name="tags">The tags of the request.</param>
    /// <param name="usage">What was settled.</param>
    /// <param name="received">The output tokens that came, counted here.</param>
    public static void Observe(CandidateRun run, IReadOnlyDictionary<string, string>? tags, in BillableUsage usage, long received)
    {
        bool isVisible = usage.ReasoningTokens == 0 && usage.OutputTokens <= SaturatingMath.Add(received, (received / 2) + HiddenSlack);
        run.Admission.Answers.Observe(run.Route.Name, run.ModelId ?? "", CallerOf(run, tags), usage.OutputTokens, isVisible);
    }

    /// <summary>
    /// True if the model may think where the answer does not show it. Claude thinks only if the request asks for it; any other reasoning model
    /// may think in every answer.
    /// </summary>
    private static bool MayThink(CandidateRun run, ModelLimits? limits, ThinkingBound thinking)
    {
        ReasoningEffort? effort = run.Options?.Reasoning?.Effort;
        return thinking.TokensOf(effort) > 0
            || (thinking.StatedEffort ?? effort) is not (null or ReasoningEffort.None)
            || (limits?.IsReasoning == true && run.Route.Metadata?.ProviderName != "anthropic");
    }

    /// <summary>A number for the values of the tags that the budgets of the path use; zero if the call has none of them.</summary>
    private static int CallerOf(CandidateRun run, IReadOnlyDictionary<string, string>? tags)
    {
        if (tags is not { Count: > 0 })
        {
            return 0;
        }

        HashCode caller = default;
        bool isKnown = false;
        foreach (ISpendGate gate in run.Frame.Path.Gates)
        {
            foreach (string name in gate.CallerTags)
            {
                if (CallTags.TryGet(tags, name, out string? value))
                {
                    caller.Add(name, StringComparer.OrdinalIgnoreCase);
                    caller.Add(value, StringComparer.Ordinal);
                    isKnown = true;
                }
            }
        }

        return isKnown ? caller.ToHashCode() | 1 : 0;
    }
}
