namespace MeaiBudget;

/// <summary>What Gemini bills for media.</summary>
/// <remarks>Google's "Understand and count tokens": 258 tokens a picture up to 384 pixels, else 258 a tile of 768; Gemini 3 bills a flat budget by resolution; 258 or 560 tokens a PDF page.</remarks>
internal sealed class GeminiMediaRules(bool flat) : MediaRules
{
    protected override long MostImageTokens => flat ? 2240 : 258 * 16;

    protected override long TypicalImageTokens => flat ? 1100 : 258;

    protected override long TokensPerPage => flat ? 560 : 258;

    protected override long CountImage(ImageSize size, string? detail)
    {
        if (flat)
        {
            return 1090;
        }

        if (size.Width <= 384 && size.Height <= 384)
        {
            return 258;
        }

        // The tile follows the picture: two thirds of its shorter side, between 256 and 768 pixels.
        double tile = Math.Clamp(Math.Min(size.Width, size.Height) / 1.5, 256, 768);
        return 258 * (long)Math.Max(1, Math.Ceiling(size.Width / tile)) * (long)Math.Max(1, Math.Ceiling(size.Height / tile));
    }
}
