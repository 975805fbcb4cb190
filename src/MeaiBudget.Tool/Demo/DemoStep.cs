namespace MeaiBudget.Tool;

/// <summary>One step of the demo: the request, the prepared failures, and the expected attempts.</summary>
/// <param name="Name">The description of the step.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="IsStreaming">True to stream the answer.</param>
/// <param name="MaxOutputTokens">The maximum of output tokens.</param>
/// <param name="Prepare">Prepares answers and failures.</param>
/// <param name="Expected">The expected attempts.</param>
internal sealed record DemoStep(
    string Name, string Prompt, bool IsStreaming, int MaxOutputTokens, Action<DemoStage> Prepare, IReadOnlyList<DemoExpectation> Expected)
{
    /// <summary>Describes the first difference from the expected attempts; null if there is none.</summary>
    public string? Deviation(CallReceipt? receipt)
    {
        if (receipt is null)
        {
            return "the call left no receipt";
        }

        for (int i = 0; i < Math.Max(Expected.Count, receipt.Attempts.Count); i++)
        {
            AttemptReceipt? attempt = i < receipt.Attempts.Count ? receipt.Attempts[i] : null;
            DemoExpectation? expected = i < Expected.Count ? Expected[i] : null;
            if (attempt is null || expected is null || attempt.Route != expected.Route
                || attempt.Outcome != expected.Outcome || (expected.Failure is { } kind && attempt.Failure?.Kind != kind))
            {
                return $"attempt {i + 1}: expected {expected?.ToString() ?? "none"}, got {(attempt is null ? "none" : $"{attempt.Route}: {attempt.Why()}")}";
            }

            if (attempt.Waited < expected.AtLeastWaited)
            {
                return $"attempt {i + 1}: waited {attempt.Waited.TotalSeconds:0.###} s, not {expected.AtLeastWaited.TotalSeconds:0.###} s";
            }
        }

        return null;
    }
}
