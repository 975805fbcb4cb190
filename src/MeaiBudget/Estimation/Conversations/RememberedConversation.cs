using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>What a stored response left at its provider: the conversation that a request continues. Holds no content.</summary>
/// <param name="Tokens">The tokens of the conversation up to the end of the response: an upper bound.</param>
/// <param name="ModelId">The model that was asked, by whose tokenizer the tokens are counted.</param>
/// <param name="Route">The route that answered: only its provider has the conversation.</param>
/// <param name="HasMedia">True if images or other media were sent, whose tokens differ between models of one tokenizer.</param>
internal sealed record RememberedConversation(long Tokens, string? ModelId, string? Route, bool HasMedia)
{
    /// <summary>Tokens for the framing of the answer's items, which providers count as input of the next request and not as output of this one.</summary>
    private const long Framing = 32;

    /// <summary>One token of framing for so many tokens, for answers of many items.</summary>
    private const long TokensPerFraming = 64;

    /// <summary>Returns whether the tokens bound the conversation for a model, too.</summary>
    public bool Bounds(string? modelId) =>
        string.Equals(ModelId, modelId, StringComparison.OrdinalIgnoreCase)
        || (!HasMedia && ModelId is not null && modelId is not null
            && TokenCounters.ForModel(ModelId) is { IsExact: true } own
            && string.Equals(own.Name, TokenCounters.ForModel(modelId).Name, StringComparison.Ordinal));

    /// <summary>Adds the conversation to the estimate of the messages that continue it.</summary>
    public TokenEstimate AddTo(TokenEstimate estimate) => new(
        SaturatingMath.Add(estimate.InputTokens, Tokens),
        SaturatingMath.Add(SaturatingMath.Add(estimate.InputUpperBound, Tokens), Framing + (Tokens / TokensPerFraming)),
        TokenEstimateSource.Learned)
    {
        MaxOutputTokens = estimate.MaxOutputTokens,
        Flags = (estimate.Flags & ~TokenEstimateFlags.ServerSideHistory) | TokenEstimateFlags.ConversationSeen,
        Breakdown = estimate.Breakdown,
    };
}

/// <summary>Source-generated serialization, without reflection.</summary>
[JsonSerializable(typeof(RememberedConversation))]
internal sealed partial class ConversationJson : JsonSerializerContext;
