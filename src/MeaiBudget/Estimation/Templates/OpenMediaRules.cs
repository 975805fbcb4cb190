namespace MeaiBudget;

/// <summary>Tokens of images in models whose weights or documentation tell how they divide an image.</summary>
/// <remarks>
/// Sources: the preprocessor configurations that the models ship with on Hugging Face (Qwen 2, 2.5 and 3 VL, Gemma 3, Llama 4, Pixtral,
/// Mistral Small 3.1, Granite Vision), docs.together.ai (Llama 3.2 Vision), docs.x.ai "Image understanding" (Grok), as read in 2026. A host
/// may scale an image in another way, so the bound has half of the tokens more. A model that is not listed has the estimate of most of
/// them, one token for each patch of 28 by 28 pixels, and a bound that holds for those that scale every image up to one size.
/// </remarks>
internal sealed class OpenMediaRules : MediaRules
{
    private readonly Func<ImageSize, long> _count;
    private readonly long _least;

    private OpenMediaRules(Func<ImageSize, long> count, long most, long typical, long least = 64)
    {
        _count = count;
        _least = least;
        MostImageTokens = most;
        TypicalImageTokens = typical;
    }

    /// <summary>The rules of a model that is not listed.</summary>
    private static OpenMediaRules Unlisted { get; } = new(size => Math.Clamp(Patches(size, 28), 4, 4096), 8192, 768, least: 2304);

    protected override long MostImageTokens { get; }

    protected override long TypicalImageTokens { get; }

    protected override long TokensPerPage => 2400;

    // Hosts turn the pages of a file to images, or to text.
    protected override long MostTokensPerPage => Math.Max(1800, MostImageTokens / 2);

    /// <summary>Returns the rules of a model.</summary>
    /// <param name="model">The model's id without a route prefix, in lower case, with points in its version (<see cref="ModelVersions"/>).</param>
    public static OpenMediaRules ForModel(string model)
    {
        bool Has(string part) => model.Contains(part, StringComparison.Ordinal);
        return Has("qwen3-vl") || Has("qwen3vl") || Has("qwen3.5") || Has("qwen3.6") ? PatchesOf(32, 64, 16_384)
            : Has("qwen") && (Has("vl") || Has("omni")) || Has("qvq") ? PatchesOf(28, 4, 16_384)
            : Has("gemma-3") || Has("gemma3") ? new(static _ => 260, 1300, 260, least: 1300)
            : Has("gemma-4") || Has("gemma4") ? new(static _ => 284, 1124, 284, least: 1124)
            : Has("llama-3.2") || Has("llama3.2") || Has("llama-v3.2") ? new(CountLlama32, 6404, 6404, least: 6404)
            : Has("llama-4") || Has("llama4") || Has("guard-4") || Has("scout") || Has("maverick") ? new(CountLlama4, 2480, 1456)
            : Has("pixtral") || Has("mistral-large-3") ? new(size => CountRows(size, 16, 1024), 4160, 1640)
            : Has("mistral-small") || Has("mistral-medium") || Has("ministral-3") || Has("magistral") ? new(size => CountRows(size, 28, 1540), 3080, 1443)
            : Has("granite") ? new(CountGranite, 8200, 2226, least: 8200)
            : Has("grok-4.") && !Has("grok-4.1") ? new(size => Math.Clamp(Patches(size, 28), 4, 1792), 1792, 768, least: 1792)
            : Has("grok") ? new(CountGrok, 1792, 1024)
            : Unlisted;
    }

    protected override long CountImage(ImageSize size, string? detail) => Math.Min(MostImageTokens, _count(size));

    protected override long UpperBoundOf(ImageSize size, long tokens, string? detail) =>
        ReferenceEquals(this, Unlisted) ? Math.Max(tokens * 2, _least) : Math.Min(MostImageTokens, Math.Max(tokens * 3 / 2, tokens + _least));

    private static long Patches(ImageSize size, int patch) => Ceiling(size.Width, patch) * Ceiling(size.Height, patch);

    private static long Ceiling(double length, int part) => (long)Math.Ceiling(length / part);

    // Qwen's models have two more tokens, before and after the image.
    private static OpenMediaRules PatchesOf(int patch, int least, int most) =>
        new(size => Math.Clamp((long)(Math.Max(1, Math.Round(size.Width / (double)patch)) * Math.Max(1, Math.Round(size.Height / (double)patch))), least, most) + 2, most + 2, 1024);

    // One token ends each row of patches.
    private static long CountRows(ImageSize size, int patch, int longestEdge)
    {
        double shrink = Math.Min(1, longestEdge / (double)Math.Max(size.Width, size.Height));
        long rows = Ceiling(size.Height * shrink, patch);
        return (Ceiling(size.Width * shrink, patch) * rows) + rows;
    }

    // Together's documentation: 1,601 tokens for each tile of 560 pixels, up to two by two. Started tiles are counted here.
    private static long CountLlama32(ImageSize size) => 1601 * Math.Min(2, Math.Max(1, size.Width / 560L)) * Math.Min(2, Math.Max(1, size.Height / 560L));

    // The smallest grid of up to 16 tiles of 336 pixels that holds the image, or else the one that shows most of it; 144 tokens for each tile
    // and for the whole image, and separators.
    private static long CountLlama4(ImageSize size)
    {
        const int Tile = 336;
        const int MostTiles = 16;
        double best = 0;
        (int Columns, int Rows) grid = (1, 1);
        for (int columns = 1; columns <= MostTiles; columns++)
        {
            for (int rows = 1; rows * columns <= MostTiles; rows++)
            {
                double scale = Math.Min(columns * Tile / (double)size.Width, rows * Tile / (double)size.Height);
                bool isBetter = scale >= 1 ? best < 1 || scale < best : scale > best;
                if (isBetter || (scale == best && columns * rows < grid.Columns * grid.Rows))
                {
                    (best, grid) = (scale, (columns, rows));
                }
            }
        }

        long tiles = grid.Columns * grid.Rows;
        return tiles == 1 ? 147 : ((tiles + 1) * 144) + tiles + 3;
    }

    // 729 tokens for each part of 384 pixels and for the whole image; two recorded images have 742 and three times that.
    private static long CountGranite(ImageSize size) => 742 * (1 + Math.Clamp(Ceiling(size.Width, 384) * Ceiling(size.Height, 384), 2, 10));

    // 256 tokens for each tile of 448 pixels, up to six, and for the whole image. An image of one tile is billed once (recorded).
    private static long CountGrok(ImageSize size)
    {
        long tiles = Math.Min(6, Patches(size, 448));
        return 256 * (tiles == 1 ? 1 : tiles + 1);
    }
}
