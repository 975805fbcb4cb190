using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Tokens of one image, document or audio content.</summary>
internal readonly record struct MediaTokens(long Tokens, long UpperBound, TokenEstimateFlags Flags = TokenEstimateFlags.None);

/// <summary>Counts the tokens that a family of models bills for media. Stateless and thread-safe.</summary>
internal abstract class MediaRules
{
    // Characters in a token of a page's text, on average and at least.
    private const int CharactersPerToken = 4;
    private const int LeastCharactersPerToken = 2;

    // Bytes of a page in a file whose pages cannot be counted, on average and at least.
    private const int BytesPerPage = 50_000;
    private const int LeastBytesPerPage = 200;

    /// <summary>Upper bound for an image whose size cannot be read: the maximum tokens of one image.</summary>
    protected abstract long MostImageTokens { get; }

    /// <summary>Estimate for an image whose size cannot be read.</summary>
    protected virtual long TypicalImageTokens => MostImageTokens / 2;

    /// <summary>Tokens of the image that the provider makes of a page of a PDF.</summary>
    protected abstract long TokensPerPage { get; }

    /// <summary>Upper bound of the tokens of a page's image.</summary>
    protected virtual long MostTokensPerPage => MostImageTokens;

    /// <summary>The most tokens of a page's text, by the provider's documentation; zero if the text of a page is not billed.</summary>
    protected virtual long MostTextPerPage => 3000;

    /// <summary>Tokens of the model's tokenizer for a hundred tokens of o200k_base.</summary>
    protected virtual int TextPercent => 100;

    /// <summary>The most pages of a file that the provider accepts.</summary>
    protected virtual int MostPages => 1000;

    /// <summary>Tokens of one second of video; zero if the family has no published rule.</summary>
    protected virtual long VideoTokensPerSecond => 0;

    /// <summary>Tokens of one second of audio; zero if the family has no published rule.</summary>
    protected virtual long AudioTokensPerSecond => 0;

    public MediaTokens Count(DataContent content)
    {
        MediaKind declared = MediaKinds.Of(content.MediaType);
        MediaKind kind = MediaKinds.Of(content.Data.Span, declared);
        if (kind == MediaKind.Other || kind == declared)
        {
            return Count(content, declared);
        }

        // The file is not what its media type says. Some providers look at the file, some at the media type, and the bound has both.
        MediaTokens found = Count(content, kind);
        MediaTokens stated = Count(content, declared);
        return found with { UpperBound = Math.Max(found.UpperBound, stated.UpperBound), Flags = found.Flags | TokenEstimateFlags.UnknownMediaSize };
    }

    public MediaTokens Count(UriContent content)
    {
        if (content.Uri is { IsAbsoluteUri: true, Scheme: "data" })
        {
            return CountDataUri(content);
        }

        if (MediaKinds.Of(content.MediaType) != MediaKind.Image)
        {
            return new MediaTokens(0, 0, TokenEstimateFlags.HostedFiles);
        }

        return ReadGivenSize(content) is { } known ? Known(known, content) : UnknownImage;
    }

    /// <summary>Returns the upper bound for an image of known size.</summary>
    protected virtual long UpperBoundOf(ImageSize size, long tokens, string? detail) => tokens;

    /// <summary>Counts the tokens of an image of known size.</summary>
    protected abstract long CountImage(ImageSize size, string? detail);

    private MediaTokens UnknownImage => new(TypicalImageTokens, MostImageTokens, TokenEstimateFlags.UnknownMediaSize);

    private MediaTokens CountDataUri(UriContent content)
    {
        try
        {
            return Count(new DataContent(content.Uri, content.MediaType) { AdditionalProperties = content.AdditionalProperties });
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return MediaKinds.Of(content.MediaType) == MediaKind.Image ? UnknownImage : new MediaTokens(0, 0, TokenEstimateFlags.HostedFiles);
        }
    }

    private MediaTokens Count(DataContent content, MediaKind kind) => kind switch
    {
        MediaKind.Image => (ReadGivenSize(content) ?? ImageSize.TryRead(content.Data.Span)) is { } known ? Known(known, content) : UnknownImage,
        MediaKind.Pdf => CountPdf(content),
        MediaKind.Audio => CountRecording(content.Data.Span, AudioTokensPerSecond),
        MediaKind.Video => CountRecording(content.Data.Span, VideoTokensPerSecond),

        // A file with text or of an unknown type: nearly every byte may become a token.
        _ => new MediaTokens(content.Data.Length / 4, content.Data.Length, TokenEstimateFlags.UnknownContent),
    };

    private MediaTokens CountPdf(DataContent content)
    {
        PdfContents file = PdfPages.Of(content);
        long pages = file.Pages > 0 ? file.Pages : Math.Clamp(content.Data.Length / BytesPerPage, 1, MostPages);
        long most = file.IsComplete ? file.Pages : Math.Max(pages, Math.Min(MostPages, 1 + (content.Data.Length / LeastBytesPerPage)));
        bool hasText = MostTextPerPage > 0;
        long text = !hasText ? 0 : file.Characters > 0 ? file.Characters * TextPercent / (100 * CharactersPerToken) : file.IsComplete ? 0 : pages * MostTextPerPage / 4;
        long mostText = !hasText ? 0 : Math.Max(most * MostTextPerPage, file.Characters * TextPercent / (100 * LeastCharactersPerToken));
        long tokens = (pages * TokensPerPage) + text;
        return new MediaTokens(tokens, Math.Max(tokens, (most * MostTokensPerPage) + mostText), TokenEstimateFlags.UnknownMediaSize);
    }

    private static MediaTokens CountRecording(ReadOnlySpan<byte> data, long perSecond)
    {
        // The lowest bit rates in use: 5 to 6 kilobits a second, of AMR and Opus speech.
        const int LeastBytesPerSecond = 500;
        int bytes = data.Length;
        if (perSecond == 0)
        {
            // No public rule covers the family. Assume ten to a hundred tokens per second, and at least 1/16 second per kilobyte.
            return new MediaTokens(bytes / 1000, Math.Max(64, bytes / 100), TokenEstimateFlags.UnknownMediaSize);
        }

        // Videos are sampled once a second, and a started second counts whole. Without a duration, the bound assumes the lowest bit rate in use.
        return MediaDuration.TryRead(data) is { } seconds
            ? new MediaTokens((long)Math.Ceiling(seconds * perSecond), ((long)Math.Ceiling(seconds) + 1) * perSecond)
            : new MediaTokens(bytes / 30_000 * perSecond, ((bytes / LeastBytesPerSecond) + 2) * perSecond, TokenEstimateFlags.UnknownMediaSize);
    }

    private MediaTokens Known(ImageSize size, AIContent content)
    {
        string? detail = ReadDetail(content);
        long tokens = CountImage(size, detail);
        return new MediaTokens(tokens, Math.Max(tokens, UpperBoundOf(size, tokens, detail)));
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
