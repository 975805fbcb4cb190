using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace MeaiBudget;

/// <summary>Adds the cost that a LiteLLM proxy states in <c>usage.cost</c>, or else in the header <c>x-litellm-response-cost</c>.</summary>
/// <remarks>
/// For an answer with tokens, a stated cost of zero is used only if the answer is from the proxy's cache, because the proxy states
/// zero for every model without a price.
/// </remarks>
internal sealed class LiteLLMUsageNormalizer : IUsageNormalizer
{
    public static LiteLLMUsageNormalizer Instance { get; } = new();

    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation)
    {
        var billable = OpenAIUsageNormalizer.Instance.Normalize(usage, rawRepresentation);
        var wire = WireObservation.Current;
        var stated = CostInBody(rawRepresentation) ?? ParseCost(wire?.GetHeader("x-litellm-response-cost"));
        var isBelievable = stated > 0 || (stated == 0 && (wire?.GetHeader("x-litellm-cache-key") is not null || billable is { InputTokens: 0, OutputTokens: 0 }));
        return isBelievable ? billable with { ProviderStatedCost = stated } : billable;
    }

    private static decimal? CostInBody(object? rawRepresentation)
    {
        var usage = rawRepresentation switch
        {
            ChatCompletion completion => completion.Usage,
            StreamingChatCompletionUpdate update => update.Usage,
            ChatTokenUsage tokens => tokens,
            _ => null,
        };
        return usage is not null && usage.Patch.TryGetJson("$.cost"u8, out var json) ? ParseCost(Encoding.UTF8.GetString(json.Span).Trim('"')) : null;
    }

    private static decimal? ParseCost(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var cost) && cost >= 0 ? cost : null;
}
