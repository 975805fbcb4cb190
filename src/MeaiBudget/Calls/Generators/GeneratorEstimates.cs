using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Estimates requests to generators.</summary>
internal static class GeneratorEstimates
{
    /// <summary>What a tokenizer that is not known may put around each text: a beginning and an end.</summary>
    private const int Framing = 2;

    /// <summary>Estimates texts; what is no text cannot be counted.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="target">The model.</param>
    public static TokenEstimate OfTexts<T>(IReadOnlyList<T> inputs, TokenEstimationTarget target)
    {
        ITokenCounter counter = TokenCounters.ForModel(target.ModelId ?? "");
        long tokens = 0;
        long upperBound = 0;
        TokenEstimateFlags flags = TokenEstimateFlags.None;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (TextOf(inputs[i]) is not { } text)
            {
                flags |= TokenEstimateFlags.UnboundedMedia;
                continue;
            }

            TokenCount count = TokenCountCache.Shared.Measure(counter, text);
            tokens += count.Tokens;
            upperBound += count.UpperBound;
        }

        bool isExact = counter.IsExact && flags == TokenEstimateFlags.None;
        if (!counter.IsExact)
        {
            tokens += Framing * inputs.Count;
            upperBound += 2 * Framing * inputs.Count;
        }

        return new TokenEstimate(tokens, upperBound, isExact ? TokenEstimateSource.Exact : TokenEstimateSource.Heuristic)
        {
            MaxOutputTokens = 0,
            Flags = flags,
        };
    }

    /// <summary>Estimates what the application alone can bound: sound and pictures.</summary>
    /// <param name="text">The text that goes with it, which can be counted.</param>
    /// <param name="hasMedia">Whether there is input besides the text.</param>
    /// <param name="bounds">What the application says.</param>
    /// <param name="target">The model.</param>
    public static TokenEstimate OfMedia(string? text, bool hasMedia, GeneratorBounds bounds, TokenEstimationTarget target)
    {
        TokenEstimate counted = OfTexts<string>(string.IsNullOrEmpty(text) ? [] : [text], target);
        bool isBounded = (!hasMedia || bounds.MaxInputTokens is not null) && bounds.MaxOutputTokens is not null;
        long media = hasMedia ? bounds.MaxInputTokens ?? 0 : 0;
        return new TokenEstimate(counted.InputTokens + media, counted.InputUpperBound + media, TokenEstimateSource.Heuristic)
        {
            MaxOutputTokens = 0,
            Flags = isBounded ? TokenEstimateFlags.None : TokenEstimateFlags.UnboundedMedia,
        };
    }

    private static string? TextOf<T>(T input) => input switch
    {
        string text => text,
        TextContent text => text.Text,
        _ => null,
    };
}
