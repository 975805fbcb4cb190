namespace MeaiBudget;

/// <summary>Tokens that Gemini bills for media.</summary>
/// <remarks>
/// Sources, as read in 2026-10: ai.google.dev/gemini-api/docs/tokens (258 tokens for an image up to 384 pixels, otherwise 258 for each tile;
/// 263 for a second of video, 32 for one of audio), /media-resolution (Gemini 3: at most 1,120 tokens for an image, 560 for a page, 70 for a
/// frame of video), /document-processing (258 tokens for a page, at most 1,000 pages; text that the file contains is not billed).
/// Measured: 2.0 adds one more image of 258 tokens to the tiles, 2.5 has 258 for an image of any size, and 3 has about 1,085 for an image.
/// </remarks>
internal sealed class GeminiMediaRules(int generation) : MediaRules
{
    private const int Tile = 258;
    private const int LongestEdge = 3072;

    private readonly bool _flat = generation >= 30;

    // Ultra-high resolution, which a caller may ask for, has twice the default of Gemini 3.
    // Elsewhere the most tiles are those of a strip of 3,072 by 384 pixels: 13 by 2.
    protected override long MostImageTokens => _flat ? 2240 : Tile * 27;

    protected override long TypicalImageTokens => _flat ? 1085 : Tile;

    protected override long TokensPerPage => _flat ? 560 : Tile;

    protected override long MostTokensPerPage => _flat ? 1120 : Tile * 2;

    protected override long MostTextPerPage => 0;

    protected override long VideoTokensPerSecond => _flat ? 102 : 295;

    protected override long AudioTokensPerSecond => 32;

    protected override long CountImage(ImageSize size, string? detail)
    {
        if (_flat)
        {
            return 1085;
        }

        long tiles = Tiles(size);
        return Tile * (tiles == 1 || generation >= 25 ? 1 : generation == 20 ? tiles + 1 : tiles);
    }

    // Versions of one generation differ, so the bound has the tiles and the additional image.
    protected override long UpperBoundOf(ImageSize size, long tokens, string? detail)
    {
        long tiles = Tiles(size);
        return _flat ? 1120 : Math.Max(tokens, Tile * (tiles == 1 ? 1 : tiles + 1));
    }

    private static long Tiles(ImageSize size)
    {
        if (size.Width <= 384 && size.Height <= 384)
        {
            return 1;
        }

        // Larger images are scaled down to 3,072 pixels. The tile size depends on the image: two thirds of its shorter side, between 256 and 768 pixels.
        double shrink = Math.Min(1, LongestEdge / (double)Math.Max(size.Width, size.Height));
        double width = size.Width * shrink;
        double height = size.Height * shrink;
        double tile = Math.Clamp(Math.Min(width, height) / 1.5, 256, 768);
        return (long)Math.Max(1, Math.Ceiling(width / tile)) * (long)Math.Max(1, Math.Ceiling(height / tile));
    }
}
