using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Tokens of one image, document or audio content.</summary>
internal readonly record struct MediaTokens(long Tokens, long UpperBound, TokenEstimateFlags Flags = TokenEstimateFlags.None);

/// <summary>Counts the tokens that a family of models bills for media. Stateless and thread-safe.</summary>
internal abstract class MediaRules
{
    /// <summary>Upper bound for an image whose size cannot be read: the maximum tokens of one image.</summary>
    protected abstract long MostImageTokens { get; }

    /// <summary>Estimate for an image whose size cannot be read.</summary>
    protected virtual long TypicalImageTokens => MostImageTokens / 2;

    /// <summary>Tokens of one page of a document, text and image together.</summary>
    protected virtual long TokensPerPage => 2400;

    /// <summary>Tokens of one second of video; zero if the family has no published rule.</summary>
    protected virtual long VideoTokensPerSecond => 0;

    /// <summary>Tokens of one second of audio; zero if the family has no published rule.</summary>
    protected virtual long AudioTokensPerSecond => 0;

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
            return CountRecording(content);
        }

        // A file with text or of an unknown type: nearly every byte may become a token.
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

    /// <summary>Returns the upper bound for an image of known size.</summary>
    protected virtual long UpperBoundOf(ImageSize size, long tokens) => tokens;

    /// <summary>Counts the tokens of an image of known size.</summary>
    protected abstract long CountImage(ImageSize size, string? detail);

    private MediaTokens CountRecording(DataContent content)
    {
        const int LeastBytesPerSecond = 1000;
        long perSecond = content.HasTopLevelMediaType("audio") ? AudioTokensPerSecond : VideoTokensPerSecond;
        int bytes = content.Data.Length;
        if (perSecond == 0)
        {
            // No public rule covers the family. Assume ten to a hundred tokens per second, and at least 1/16 second per kilobyte.
            return new MediaTokens(bytes / 1000, Math.Max(64, bytes / 100), TokenEstimateFlags.UnknownMediaSize);
        }

        // Videos are sampled once a second, and a started second counts whole. Without a duration, the bound assumes the lowest bit rate in use.
        return MediaDuration.TryRead(content.Data.Span) is { } seconds
            ? new MediaTokens((long)Math.Ceiling(seconds * perSecond), ((long)Math.Ceiling(seconds) + 1) * perSecond)
            : new MediaTokens(bytes / 30_000 * perSecond, ((bytes / LeastBytesPerSecond) + 2) * perSecond, TokenEstimateFlags.UnknownMediaSize);
    }

    private MediaTokens Known(ImageSize size, AIContent content)
    {
        long tokens = CountImage(size, ReadDetail(content));
        return new MediaTokens(tokens, UpperBoundOf(size, tokens));
    }

    private static string? ReadDetail(AIContent content) =>
        content.AdditionalProperties?.TryGetValue("detail", out object? detail) == true ? detail?.ToString()?.ToLowerInvariant() : null;

    // The application may set the size of a remote image.
    private static ImageSize? ReadGivenSize(AIContent content) =>
        content.AdditionalProperties is { } properties
        && properties.TryGetValue("width", out int width) && properties.TryGetValue("height", out int height) && width > 0 && height > 0
            ? new ImageSize(width, height)
            : null;
}
