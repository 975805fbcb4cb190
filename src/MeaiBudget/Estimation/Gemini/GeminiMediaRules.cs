namespace MeaiBudget;

/// <summary>Tokens that Gemini bills for media.</summary>
/// <remarks>
/// Source: Google's "Understand and count tokens": 258 tokens for an image up to 384 pixels, otherwise 258 for each tile. Measured: 2.0 adds
/// one more image of 258 tokens to the tiles, and 2.5 has 258 for an image of any size. Gemini 3 bills a fixed number by resolution: about
/// 1,085 by default, 1,120 at most for an image and 560 for a page. Video has 263 tokens a second and audio 32; Gemini 3's video has 70 a frame.
/// </remarks>
internal sealed class GeminiMediaRules(int generation) : MediaRules
{
    private const int Tile = 258;

    private readonly bool _flat = generation >= 30;

    protected override long MostImageTokens => _flat ? 2240 : Tile * 17;

    protected override long TypicalImageTokens => _flat ? 1085 : Tile;

    protected override long TokensPerPage => _flat ? 560 : Tile;

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
    protected override long UpperBoundOf(ImageSize size, long tokens)
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

        // The tile size depends on the image: two thirds of its shorter side, between 256 and 768 pixels.
        double tile = Math.Clamp(Math.Min(size.Width, size.Height) / 1.5, 256, 768);
        return (long)Math.Max(1, Math.Ceiling(size.Width / tile)) * (long)Math.Max(1, Math.Ceiling(size.Height / tile));
    }
}
