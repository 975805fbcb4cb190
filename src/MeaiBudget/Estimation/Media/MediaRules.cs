using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The tokens of one picture, document or sound.</summary>
internal readonly record struct MediaTokens(long Tokens, long UpperBound, TokenEstimateFlags Flags = TokenEstimateFlags.None);

/// <summary>What a family of models bills for media. Stateless and thread-safe.</summary>
internal abstract class MediaRules
{
    /// <summary>Gets the tokens reserved for a picture whose size cannot be read: the most that one picture costs.</summary>
    protected abstract long MostImageTokens { get; }

    /// <summary>Gets the tokens assumed for a picture whose size cannot be read.</summary>
    protected virtual long TypicalImageTokens => MostImageTokens / 2;

    /// <summary>Gets the tokens of one page of a document, text and picture together.</summary>
    protected virtual long TokensPerPage => 2400;

    public MediaTokens Count(DataContent content)
    {
        if (content.HasTopLevelMediaType("image"))
        {
            ImageSize? size = ReadGivenSize(content) ?? ImageSize.TryRead(content.Data.Span);
            return size is { } known
                ? Known(known, content)
                : new MediaTokens(TypicalImageTokens, MostImageTokens, TokenEstimateFlags.UnknownMediaSize);
        }

        if (content.MediaType is "application/pdf")
        {
            long pages = PdfPages.Count(content.Data.Span);
            return pages > 0
                ? new MediaTokens(pages * TokensPerPage, pages * TokensPerPage * 2, TokenEstimateFlags.UnknownMediaSize)
                : new MediaTokens(TokensPerPage, Math.Max(TokensPerPage * 2, content.Data.Length / 4), TokenEstimateFlags.UnknownMediaSize);
        }

        if (content.HasTopLevelMediaType("audio") || content.HasTopLevelMediaType("video"))
        {
            // No public rule holds for all models: some ten to a hundred tokens a second; a kilobyte lasts at least a sixteenth of a second.
            return new MediaTokens(content.Data.Length / 1000, Math.Max(64, content.Data.Length / 100), TokenEstimateFlags.UnknownMediaSize);
        }

        // A file of text or of an unknown kind: most of its bytes may become tokens.
        return new MediaTokens(content.Data.Length / 4, content.Data.Length, TokenEstimateFlags.UnknownContent);
    }

    public MediaTokens Count(UriContent content)
    {
        if (!content.HasTopLevelMediaType("image"))
        {
            return new MediaTokens(0, 0, TokenEstimateFlags.HostedFiles);
        }

        return ReadGivenSize(content) is { } known
            ? Known(known, content)
            : new MediaTokens(TypicalImageTokens, MostImageTokens, TokenEstimateFlags.UnknownMediaSize);
    }

    /// <summary>Gives what a picture of known size is not expected to exceed.</summary>
    protected virtual long UpperBoundOf(long tokens) => tokens;

    /// <summary>Counts a picture of known size.</summary>
    protected abstract long CountImage(ImageSize size, string? detail);

    private MediaTokens Known(ImageSize size, AIContent content)
    {
        long tokens = CountImage(size, ReadDetail(content));
        return new MediaTokens(tokens, UpperBoundOf(tokens));
    }

    private static string? ReadDetail(AIContent content) =>
        content.AdditionalProperties?.TryGetValue("detail", out object? detail) == true ? detail?.ToString()?.ToLowerInvariant() : null;

    // A caller who knows a remote picture's size can say so.
    private static ImageSize? ReadGivenSize(AIContent content) =>
        content.AdditionalProperties is { } properties
        && properties.TryGetValue("width", out int width) && properties.TryGetValue("height", out int height) && width > 0 && height > 0
            ? new ImageSize(width, height)
            : null;
}
