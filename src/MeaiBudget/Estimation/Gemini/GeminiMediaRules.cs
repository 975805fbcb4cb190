namespace MeaiBudget;

/// <summary>Tokens that Gemini bills for media.</summary>
/// <remarks>
/// Source: Google's "Understand and count tokens". 258 tokens for an image up to 384 pixels, otherwise 258 for each tile of 768 pixels.
/// Gemini 3 bills a fixed number by resolution. A PDF page has 258 or 560 tokens.
/// </remarks>
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

        // The tile size depends on the image: two thirds of its shorter side, between 256 and 768 pixels.
        double tile = Math.Clamp(Math.Min(size.Width, size.Height) / 1.5, 256, 768);
        return 258 * (long)Math.Max(1, Math.Ceiling(size.Width / tile)) * (long)Math.Max(1, Math.Ceiling(size.Height / tile));
    }
}
