namespace MeaiBudget;

/// <summary>Kinds of files for which providers have different rules.</summary>
internal enum MediaKind
{
    /// <summary>A file with text, or of unknown type.</summary>
    Other,

    /// <summary>An image.</summary>
    Image,

    /// <summary>A PDF.</summary>
    Pdf,

    /// <summary>A recording of sound.</summary>
    Audio,

    /// <summary>A video.</summary>
    Video,
}

/// <summary>Tells the kind of a file by its first bytes and by its media type.</summary>
internal static class MediaKinds
{
    // Readers look for "%PDF-" in the first 1,024 bytes.
    private const int PdfHeader = 1024;

    /// <summary>Returns the kind that a media type declares. The type may have parameters and letters of any case.</summary>
    public static MediaKind Of(string? mediaType)
    {
        ReadOnlySpan<char> type = mediaType.AsSpan();
        int parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        return type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Image
            : type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Audio
            : type.StartsWith("video/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Video
            : type.Equals("application/pdf", StringComparison.OrdinalIgnoreCase) || type.Equals("application/x-pdf", StringComparison.OrdinalIgnoreCase) ? MediaKind.Pdf
            : type.Equals("application/ogg", StringComparison.OrdinalIgnoreCase) ? MediaKind.Audio
            : MediaKind.Other;
    }

    /// <summary>Returns the kind that the first bytes of a file tell; <see cref="MediaKind.Other"/> if they tell none.</summary>
    /// <param name="data">The file.</param>
    /// <param name="declared">The kind that its media type declares. Some formats hold sound or video.</param>
    public static MediaKind Of(ReadOnlySpan<byte> data, MediaKind declared) => data switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [0xFF, 0xD8, 0xFF, ..] or [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => MediaKind.Image,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => MediaKind.Image,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'A', (byte)'V', (byte)'E', ..] => MediaKind.Audio,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'A', (byte)'V', (byte)'I', (byte)' ', ..] => MediaKind.Video,
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', .. var brands] => OfBrand(brands, declared),
        [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..] or [0x1A, 0x45, 0xDF, 0xA3, ..] => declared == MediaKind.Video || data[0] == 0x1A && declared != MediaKind.Audio ? MediaKind.Video : MediaKind.Audio,
        [(byte)'f', (byte)'L', (byte)'a', (byte)'C', ..] or [(byte)'I', (byte)'D', (byte)'3', ..] => MediaKind.Audio,
        _ when data[..Math.Min(data.Length, PdfHeader)].IndexOf("%PDF-"u8) >= 0 => MediaKind.Pdf,
        _ => MediaKind.Other,
    };

    // The brands of images: HEIC and AVIF, and sequences of them.
    private static MediaKind OfBrand(ReadOnlySpan<byte> brands, MediaKind declared)
    {
        ReadOnlySpan<byte> brand = brands[..Math.Min(brands.Length, 4)];
        bool isImage = brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8) || brand.StartsWith("avi"u8) || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8);
        return isImage ? MediaKind.Image : brand.StartsWith("M4A"u8) || declared == MediaKind.Audio ? MediaKind.Audio : MediaKind.Video;
    }
}
