namespace MeaiBudget;

/// <summary>Tokens that OpenAI's models bill for images.</summary>
/// <remarks>
/// Source: OpenAI's "Images and vision" guide (tiles, patches, limits), checked against measured tables of image sizes.
/// </remarks>
internal sealed class OpenAIMediaRules : MediaRules
{
    private readonly int _base;
    private readonly int _tile;
    private readonly double _patchFactor;
    private readonly int _mostPatches;

    private OpenAIMediaRules(int baseTokens, int tileTokens, double patchFactor, int mostPatches)
    {
        _base = baseTokens;
        _tile = tileTokens;
        _patchFactor = patchFactor;
        _mostPatches = mostPatches;
    }

    protected override long MostImageTokens => _tile > 0 ? _base + (_tile * 8L) : (long)Math.Ceiling(_mostPatches * _patchFactor);

    protected override long TypicalImageTokens => _tile > 0 ? _base + (_tile * 4L) : MostImageTokens / 2;

    /// <summary>Returns the rules of a model.</summary>
    /// <param name="model">The model's id without a route prefix, in lower case.</param>
    public static OpenAIMediaRules ForModel(string model) => model switch
    {
        _ when model.StartsWith("gpt-4o-mini", StringComparison.Ordinal) => Tiles(2833, 5667),
        _ when model.StartsWith("gpt-4.1-mini", StringComparison.Ordinal) => Patches(1.62, 1536),
        _ when model.StartsWith("gpt-4.1-nano", StringComparison.Ordinal) => Patches(2.46, 1536),

        // The guide lists the factors of GPT-4.1's small models for GPT-5's too. Recorded requests have fewer tokens.
        _ when model.StartsWith("gpt-5-mini", StringComparison.Ordinal) || model.StartsWith("gpt-5.4-mini", StringComparison.Ordinal) => Patches(1.2, 1536),
        _ when model.StartsWith("gpt-5-nano", StringComparison.Ordinal) || model.StartsWith("gpt-5.4-nano", StringComparison.Ordinal) => Patches(1.5, 1536),
        _ when model.StartsWith("o4-mini", StringComparison.Ordinal) => Patches(1.72, 1536),
        _ when model.StartsWith("o1", StringComparison.Ordinal) || model.StartsWith("o3", StringComparison.Ordinal) => Tiles(75, 150),
        _ when model.StartsWith("computer-use", StringComparison.Ordinal) => Tiles(65, 129),
        "gpt-5" => Tiles(70, 140),
        _ when model.StartsWith("gpt-5-", StringComparison.Ordinal) || model.StartsWith("gpt-5.1", StringComparison.Ordinal)
            || model.StartsWith("gpt-5.2", StringComparison.Ordinal) => Tiles(70, 140),
        _ when model.StartsWith("gpt-5", StringComparison.Ordinal) || model.StartsWith("gpt-6", StringComparison.Ordinal) => Patches(1.2, 10_000),
        _ => Tiles(85, 170),
    };

    protected override long CountImage(ImageSize size, string? detail) => _tile > 0 ? CountTiles(size, detail) : CountPatches(size, detail);

    private static OpenAIMediaRules Tiles(int baseTokens, int tileTokens) => new(baseTokens, tileTokens, 0, 0);

    private static OpenAIMediaRules Patches(double factor, int mostPatches) => new(0, 0, factor, mostPatches);

    private long CountTiles(ImageSize size, string? detail)
    {
        if (detail == "low")
        {
            return _base;
        }

        // Fit into 2048 by 2048 pixels, then scale the shorter side down to 768, then count tiles of 512.
        double width = size.Width;
        double height = size.Height;
        double shrink = Math.Min(1, 2048 / Math.Max(width, height));
        (width, height) = (width * shrink, height * shrink);
        shrink = Math.Min(1, 768 / Math.Min(width, height));
        (width, height) = (Math.Floor(width * shrink), Math.Floor(height * shrink));
        return _base + (_tile * (long)(Math.Max(1, Math.Ceiling(width / 512)) * Math.Max(1, Math.Ceiling(height / 512))));
    }

    private long CountPatches(ImageSize size, string? detail)
    {
        double width = size.Width;
        double height = size.Height;
        double most = detail == "high" ? Math.Min(_mostPatches, 2500) : _mostPatches;
        if (Math.Ceiling(width / 32) * Math.Ceiling(height / 32) > most)
        {
            // Scale down until the patches fit, then once more so that a whole number of patches covers the width.
            double shrink = Math.Sqrt(32 * 32 * most / (width * height));
            double acrossWidth = width * shrink / 32;
            double acrossHeight = height * shrink / 32;
            shrink *= Math.Min(Math.Floor(acrossWidth) / acrossWidth, Math.Floor(acrossHeight) / acrossHeight);
            (width, height) = (width * shrink, height * shrink);
        }

        double patches = Math.Min(most, Math.Ceiling(Math.Round(width / 32, 6)) * Math.Ceiling(Math.Round(height / 32, 6)));
        return (long)Math.Ceiling(patches * _patchFactor);
    }
}
