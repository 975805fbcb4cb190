using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Estimates requests to generators.</summary>
internal static class GeneratorEstimates
{
    /// <summary>The tokens that an unknown tokenizer may add to each text: start and end.</summary>
    private const int Framing = 2;

    /// <summary>Estimates texts. Other inputs cannot be counted and set <see cref="TokenEstimateFlags.UnboundedMedia"/>.</summary>
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

    /// <summary>Returns the bytes of the inputs that are text, in UTF-8.</summary>
    public static long BytesOf<T>(IReadOnlyList<T> inputs) => inputs.Sum(static input => TextOf(input) is { } text ? (long)Encoding.UTF8.GetByteCount(text) : 0);

    /// <summary>Estimates audio and images from the bounds of the application, and counts the text with them.</summary>
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
