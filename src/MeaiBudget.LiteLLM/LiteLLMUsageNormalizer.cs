using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace MeaiBudget;

/// <summary>Adds the cost that a LiteLLM proxy states in <c>usage.cost</c>. <see cref="ChatWireHandler"/> reads the cost in the header.</summary>
/// <remarks>For an answer with tokens, a stated cost of zero is ignored, because the proxy states zero for every model without a price.</remarks>
/// <param name="inner">The normalizer for all other fields.</param>
internal sealed class LiteLLMUsageNormalizer(IUsageNormalizer inner) : IUsageNormalizer
{
    /// <summary>Creates a normalizer that adds to the one of OpenAI's client.</summary>
    public static LiteLLMUsageNormalizer Around(IChatClient client) => new(client.GetRequiredService<IUsageNormalizer>());

    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation)
    {
        BillableUsage billable = inner.Normalize(usage, rawRepresentation);
        decimal? stated = CostInBody(rawRepresentation);
        return stated > 0 || (stated == 0 && billable is { InputTokens: 0, OutputTokens: 0 }) ? billable with { ProviderStatedCost = stated } : billable;
    }

    private static decimal? CostInBody(object? rawRepresentation)
    {
        ChatTokenUsage? usage = rawRepresentation switch
        {
            ChatCompletion completion => completion.Usage,
            StreamingChatCompletionUpdate update => update.Usage,
            ChatTokenUsage tokens => tokens,
            _ => null,
        };
        return usage is not null && usage.Patch.TryGetJson("$.cost"u8, out ReadOnlyMemory<byte> json) ? ParseCost(Encoding.UTF8.GetString(json.Span).Trim('"')) : null;
    }

    private static decimal? ParseCost(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal cost) && cost >= 0 ? cost : null;
}
