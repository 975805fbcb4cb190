using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Knows which models reject a temperature. Models that are not listed are assumed to accept one.</summary>
/// <remarks>
/// Source: models.dev (ten providers, July 2026, field <c>temperature</c>): OpenAI's reasoning models (o1 and later, GPT-5 and
/// later except <c>gpt-5-chat</c>), Claude Opus from 4.7 on, and all Claude models from generation 5 on.
/// </remarks>
internal static partial class ModelTemperature
{
    /// <summary>The answer for the model that was asked about last: most processes use one model at a time.</summary>
    private static Known? s_last;

    public static bool IsAccepted(string modelId)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        Known? last = Volatile.Read(ref s_last);
        if (last is null || last.ModelId != modelId)
        {
            last = new Known(modelId, Find(modelId));
            Volatile.Write(ref s_last, last);
        }

        return last.IsAccepted;
    }

    private static bool Find(string modelId)
    {
        if (OpenAIReasoning().IsMatch(modelId))
        {
            return OpenAIChat().IsMatch(modelId);
        }

        Match claude = Claude().Match(modelId);
        if (!claude.Success)
        {
            return true;
        }

        int generation = int.Parse(claude.Groups["generation"].ValueSpan, provider: null);
        int minor = claude.Groups["minor"] is { Success: true } group ? int.Parse(group.ValueSpan, provider: null) : 0;
        return generation < 5 && !(generation == 4 && minor >= 7 && claude.Groups["family"].ValueSpan.Equals("opus", StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"(?:^|/)(?:o[1-9](?:$|-)|gpt-[5-9](?:$|[.-])|codex-)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OpenAIReasoning();

    [GeneratedRegex(@"(?:^|/)gpt-5-chat", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OpenAIChat();

    [GeneratedRegex(@"claude-(?<family>[a-z]+)-(?<generation>\d{1,2})(?!\d)(?:[-.](?<minor>\d{1,2})(?!\d))?", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Claude();

    private sealed record Known(string ModelId, bool IsAccepted);
}
