using System.Runtime.CompilerServices;

namespace MeaiBudget.Testing;

/// <summary>The counted tokens of a request's segments. Immutable.</summary>
internal sealed class PartTokens
{
    private static readonly ConditionalWeakTable<MeasuredRequest, PartTokens> Known = [];

    private PartTokens(CostTokens tokens, long[] segments, IReadOnlyDictionary<string, long> definitions, IReadOnlyDictionary<string, long> results) =>
        (Tokens, Segments, Definitions, Results) = (tokens, segments, definitions, results);

    /// <summary>The tokens by part.</summary>
    public CostTokens Tokens { get; }

    /// <summary>The tokens of each segment.</summary>
    public IReadOnlyList<long> Segments { get; }

    /// <summary>The tokens of each tool's definition.</summary>
    public IReadOnlyDictionary<string, long> Definitions { get; }

    /// <summary>The tokens of each tool's results.</summary>
    public IReadOnlyDictionary<string, long> Results { get; }

    /// <summary>Counts a request's segments, and distributes the estimate's breakdown over them.</summary>
    public static PartTokens Of(MeasuredRequest request) => Known.GetValue(request, Count);

    /// <summary>Counts a text. Requests of a scenario repeat most of their texts, so counts are cached.</summary>
    public static long Count(string model, ReadOnlySpan<char> text) => TokenCountCache.Shared.Measure(TokenCounters.ForModel(model), text).Tokens;

    private static PartTokens Count(MeasuredRequest request)
    {
        TokenBreakdown breakdown = request.Estimate.Breakdown;
        if (request.Contents is not { } contents)
        {
            CostTokens whole = breakdown.Total == 0
                ? new CostTokens { History = request.Estimate.InputTokens }
                : new CostTokens { History = breakdown.Text, Tools = breakdown.Tools, Results = breakdown.ToolCalls, Schema = breakdown.ResponseSchema, Media = breakdown.Media, Framing = breakdown.Framing };
            return new PartTokens(whole, [], new Dictionary<string, long>(), new Dictionary<string, long>());
        }

        long[] counts = new long[contents.Segments.Count];
        var sums = new Dictionary<PromptPart, long>();
        var definitions = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var results = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long callTokens = 0;
        for (int index = 0; index < counts.Length; index++)
        {
            PromptSegment segment = contents.Segments[index];
            counts[index] = segment.Part == PromptPart.Media ? 0 : Count(request.Model, segment.Text);
            sums[segment.Part] = sums.GetValueOrDefault(segment.Part) + counts[index];
            if (segment is { Tool: { } tool, Part: PromptPart.Tools or PromptPart.Results })
            {
                SortedDictionary<string, long> into = segment.Part == PromptPart.Tools ? definitions : results;
                into[tool] = into.GetValueOrDefault(tool) + counts[index];
            }

            callTokens += segment.IsToolCall ? counts[index] : 0;
        }

        long system = sums.GetValueOrDefault(PromptPart.System);
        long history = sums.GetValueOrDefault(PromptPart.History);
        if (breakdown.Total == 0)
        {
            long known = sums.Values.Sum();
            return new PartTokens(
                new CostTokens
                {
                    System = system,
                    History = history,
                    Tools = sums.GetValueOrDefault(PromptPart.Tools),
                    Results = sums.GetValueOrDefault(PromptPart.Results),
                    Schema = sums.GetValueOrDefault(PromptPart.Schema),
                    Framing = Math.Max(0, request.Estimate.InputTokens - known),
                },
                counts, definitions, results);
        }

        (long systemText, long historyText) = Split(breakdown.Text, system, history - callTokens);
        (long resultTokens, long calls) = Split(breakdown.ToolCalls, sums.GetValueOrDefault(PromptPart.Results), callTokens);
        var tokens = new CostTokens
        {
            System = systemText,
            History = historyText + calls,
            Tools = breakdown.Tools,
            Results = resultTokens,
            Schema = breakdown.ResponseSchema,
            Media = breakdown.Media,
            Framing = breakdown.Framing,
        };
        return new PartTokens(tokens, counts, definitions, results);
    }

    /// <summary>Splits a number in proportion to two weights.</summary>
    private static (long First, long Second) Split(long total, long first, long second)
    {
        if (first + second == 0)
        {
            return (0, total);
        }

        long part = ((total * first) + ((first + second) / 2)) / (first + second);
        return (part, total - part);
    }
}
