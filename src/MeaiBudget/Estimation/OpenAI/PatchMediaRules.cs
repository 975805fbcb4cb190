namespace MeaiBudget;

/// <summary>Estimate for open models: one token for each patch of 28 by 28 pixels, as in Qwen's and Mistral's vision models.</summary>
internal sealed class PatchMediaRules : MediaRules
{
    protected override long MostImageTokens => 4096;

    protected override long TypicalImageTokens => 768;

    protected override long CountImage(ImageSize size, string? detail)
    {
        long patches = (long)(Math.Ceiling(size.Width / 28.0) * Math.Ceiling(size.Height / 28.0));
        return Math.Clamp(patches, 4, MostImageTokens);
    }

    // Some models scale every image up to one size. The bound includes it.
    protected override long UpperBoundOf(ImageSize size, long tokens) => Math.Max(tokens * 2, 2304);
}
