namespace MeaiBudget.Tool;

/// <summary>A kind of requests, with the project's goal for the accuracy of their estimates.</summary>
/// <param name="Name">The kind of requests.</param>
/// <param name="Includes">Returns true if a row is of this kind.</param>
/// <param name="Target">The goal as text.</param>
/// <param name="IsReached">Returns true if the figures reach the goal.</param>
/// <param name="State">The state of the estimator for which the goal is.</param>
internal sealed record AccuracyGoal(string Name, Func<Measurement, bool> Includes, string Target, Func<AccuracyFigures, bool> IsReached, LearningState State = LearningState.Before)
{
    /// <summary>All goals.</summary>
    public static IReadOnlyList<AccuracyGoal> All { get; } =
    [
        new("OpenAI and Azure chat, text, not reasoning", row => IsChat(row) && IsText(row) && !IsReasoning(row), "99 % exact", figures => Share(figures.Exact, figures) >= 0.99),
        new("OpenAI chat, text, reasoning", row => IsChat(row) && IsText(row) && IsReasoning(row), "90 % within 2 tokens", figures => Share(figures.WithinTwoTokens, figures) >= 0.90),
        new("OpenAI chat, tools, calls or schema", row => IsChat(row) && row.HasTools && !row.HasMedia, "median 1 %, 95th 6 %", figures => Reaches(figures, 0.01, 0.06)),
        new("OpenAI responses", row => row.Exchange.Api.Contains("openai.responses", StringComparison.Ordinal) && !row.HasMedia, "median 2 %, 95th 8 %", figures => Reaches(figures, 0.02, 0.08)),
        new("Images, known size", row => row.HasMedia && (row.Before.Flags & TokenEstimateFlags.UnknownMediaSize) == 0, "median 2 %", figures => figures.MedianError <= 0.02),
        new("Anthropic, before learning", IsAnthropic, "median 4 %, 95th 12 %", figures => Reaches(figures, 0.04, 0.12)),
        new("Anthropic, learning", IsAnthropic, "median 2 %, 95th 8 %", figures => Reaches(figures, 0.02, 0.08), LearningState.After),
        new("Gemini, Ollama and other hosts", IsOther, "median 5 %, 95th 15 %", figures => Reaches(figures, 0.05, 0.15)),
        new("Gemini, Ollama and other hosts, learning", IsOther, "median 5 %, 95th 15 %", figures => Reaches(figures, 0.05, 0.15), LearningState.After),
        new("Upper bound, all rows", _ => true, "broken at most 0.3 %", figures => Share(figures.BoundMisses, figures) <= 0.003),
        new("Upper bound, all rows, learning", _ => true, "broken at most 0.3 %", figures => Share(figures.BoundMisses, figures) <= 0.003, LearningState.After),
        new("Upper bound, all rows, learned from the other half", _ => true, "broken at most 0.3 %", figures => Share(figures.BoundMisses, figures) <= 0.003, LearningState.HeldOut),
    ];

    private static bool IsChat(Measurement row) => row.Exchange.Api is "openai.chat" or "azure-openai.chat" && TokenCounters.ForModel(row.Exchange.ModelId).IsExact;

    private static bool IsText(Measurement row) => !row.HasTools && !row.HasMedia;

    private static bool IsReasoning(Measurement row) => OpenAIRequestRules.IsReasoning(RequestProfile.Bare(row.Exchange.ModelId));

    private static bool IsAnthropic(Measurement row) => row.Exchange.Api.StartsWith("anthropic", StringComparison.Ordinal);

    private static bool IsOther(Measurement row) => row.Exchange.Api.StartsWith("gemini", StringComparison.Ordinal)
        || row.Exchange.Api.StartsWith("ollama", StringComparison.Ordinal) || row.Exchange.Api.StartsWith("other", StringComparison.Ordinal);

    private static bool Reaches(AccuracyFigures figures, double median, double ninetyFifth) =>
        figures.MedianError <= median && figures.NinetyFifthPercentileError <= ninetyFifth;

    private static double Share(int part, AccuracyFigures figures) => figures.Rows == 0 ? 1 : part / (double)figures.Rows;
}
