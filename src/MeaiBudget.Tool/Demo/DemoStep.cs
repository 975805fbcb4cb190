namespace MeaiBudget.Tool;

/// <summary>One step of the story: what is asked, what goes wrong, and how each attempt must end.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Prompt">What is asked.</param>
/// <param name="IsStreaming">Whether the answer is streamed.</param>
/// <param name="MaxOutputTokens">The output that the caller allows.</param>
/// <param name="Prepare">Tells the stage what to answer, and when to fail.</param>
/// <param name="Expected">Every attempt's route and end.</param>
internal sealed record DemoStep(
    string Name, string Prompt, bool IsStreaming, int MaxOutputTokens, Action<DemoStage> Prepare, IReadOnlyList<DemoExpectation> Expected)
{
    /// <summary>Says what did not go as told; null if all did.</summary>
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
