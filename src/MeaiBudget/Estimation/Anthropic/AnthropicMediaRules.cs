namespace MeaiBudget;

/// <summary>Tokens that Claude bills for images and documents: one for each patch of 28 by 28 pixels, after scaling down to the model's limit.</summary>
/// <remarks>
/// Sources, as read in 2026-08: platform.claude.com/docs/en/build-with-claude/vision (patches of 28 pixels; at most 1,568 pixels and 1,568
/// tokens, from Opus 4.7 on 2,576 and 4,784), /pdf-support (1,500 to 3,000 tokens of text a page, and an image of each page; up to 100 pages,
/// 600 for models with a window of a million tokens). Measured: three tokens more for each image, and a page's image has 1,600 tokens also
/// in models of the higher limit.
/// </remarks>
/// <param name="large">True for models with the higher limit.</param>
/// <param name="imageTokens">Measured tokens of an image in addition to its patches.</param>
/// <param name="textPercent">Tokens of the model's tokenizer for a hundred tokens of o200k_base, in English.</param>
internal sealed class AnthropicMediaRules(bool large, int imageTokens, int textPercent) : MediaRules
{
    private const double Patch = 28;

    private readonly int _longestEdge = large ? 2576 : 1568;
    private readonly int _mostTokens = large ? 4784 : 1568;

    protected override long MostImageTokens => _mostTokens + 128;

    protected override long TokensPerPage => 1592;

    protected override int TextPercent => textPercent;

    protected override int MostPages => 600;

    // Measured: the images of other models than Haiku 3.5 and the newest are within two tokens.
    protected override long UpperBoundOf(ImageSize size, long tokens, string? detail) => tokens + (large || imageTokens > 3 ? 40 : 16);

    protected override long CountImage(ImageSize size, string? detail)
    {
        // The image has the largest size within both limits, in whole pixels.
        int longest = Math.Min(_longestEdge, Math.Max(size.Width, size.Height));
        double ratio = Math.Min(size.Width, size.Height) / (double)Math.Max(size.Width, size.Height);
        int least = 0;
        if (Patches(longest, ratio) > _mostTokens)
        {
            while (longest - least > 1)
            {
                int middle = (least + longest) / 2;
                (least, longest) = Patches(middle, ratio) > _mostTokens ? (least, middle) : (middle, longest);
            }

            longest = least;
        }

        return (long)Patches(longest, ratio) + imageTokens;
    }

    private static double Patches(int longest, double ratio) =>
        Math.Ceiling(longest / Patch) * Math.Ceiling(Math.Max(1, Math.Round(longest * ratio)) / Patch);
}
