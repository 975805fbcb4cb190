namespace MeaiBudget;

/// <summary>Tokens that Claude bills for images and documents: one for each patch of 28 by 28 pixels, after scaling down to the model's limit.</summary>
/// <remarks>Exact for every measured size within the limit. The documented formula, width times height / 750, differs by 2 to 13 percent.</remarks>
internal sealed class AnthropicMediaRules(bool large) : MediaRules
{
    private readonly int _longestEdge = large ? 2576 : 1568;
    private readonly int _mostTokens = large ? 4784 : 1568;

    protected override long MostImageTokens => _mostTokens + 128;

    protected override long TokensPerPage => large ? 2400 : 2150;

    protected override long UpperBoundOf(ImageSize size, long tokens) => tokens + 40;

    protected override long CountImage(ImageSize size, string? detail)
    {
        double shrink = Math.Min(1, _longestEdge / (double)Math.Max(size.Width, size.Height));
        double width = size.Width * shrink;
        double height = size.Height * shrink;
        double tokens = Math.Ceiling(width / 28) * Math.Ceiling(height / 28);
        if (tokens > _mostTokens)
        {
            shrink = Math.Sqrt(_mostTokens / tokens);
            tokens = Math.Min(_mostTokens, Math.Ceiling(width * shrink / 28) * Math.Ceiling(height * shrink / 28));
        }

        return (long)tokens;
    }
}
