namespace MeaiBudget;

/// <summary>Tokens that OpenAI's models bill for images, PDF files and audio.</summary>
/// <remarks>
/// Sources, as read in 2026-10: developers.openai.com/api/docs/guides/images-vision (tiles, patches, budgets, multipliers, detail),
/// /guides/file-inputs (a PDF is its text and an image of each page), /guides/realtime-costs (one token for 100 ms of audio). Where measured
/// counts are lower than the documentation (multipliers of GPT-5's small models: community.openai.com/t/1377015, 2026-03), the estimate
/// follows the measurement and the upper bound the documentation.
/// </remarks>
internal sealed class OpenAIMediaRules : MediaRules
{
    private const int Patch = 32;

    // 48 million pixels, as the largest phone cameras have. The rule for images without a budget has no limit.
    private const int PatchesOfLargestPhoto = 50_000;

    private readonly int _base;
    private readonly int _tile;
    private readonly PatchBudget _automatic;
    private readonly PatchBudget _high;
    private readonly bool _hasLowDetail;
    private readonly double _factor;
    private readonly double _documentedFactor;

    private OpenAIMediaRules(int baseTokens, int tileTokens)
    {
        _base = baseTokens;
        _tile = tileTokens;
    }

    private OpenAIMediaRules(double factor, double documentedFactor, PatchBudget automatic, PatchBudget high, bool hasLowDetail)
    {
        _factor = factor;
        _documentedFactor = documentedFactor;
        _automatic = automatic;
        _high = high;
        _hasLowDetail = hasLowDetail;
    }

    protected override long MostImageTokens => IsTiled ? _base + (_tile * 8L) : TokensOf(_automatic.Patches, _documentedFactor);

    protected override long TypicalImageTokens => IsTiled ? _base + (_tile * 4L) : TokensOf(Math.Min(_automatic.Patches, 1536) / 2, _factor);

    // Recorded: the image of a page has one tile, or the patches of 612 by 792 pixels.
    protected override long TokensPerPage => IsTiled ? _base + _tile : TokensOf(500, _factor);

    protected override long MostTokensPerPage => IsTiled ? MostImageTokens : TokensOf(_high.Patches, _documentedFactor);

    protected override long AudioTokensPerSecond => 10;

    /// <summary>Tokens of an image beside its own (measured: one with patches, none with tiles).</summary>
    public int Framing => IsTiled ? 0 : 1;

    private bool IsTiled => _tile > 0;

    /// <summary>Returns the rules of a model.</summary>
    /// <param name="model">The model's id without a route prefix, in lower case.</param>
    public static OpenAIMediaRules ForModel(string model)
    {
        bool Is(string start) => model.StartsWith(start, StringComparison.Ordinal);
        return Is("gpt-4o-mini") ? Tiles(2833, 5667)
            : Is("gpt-4.1-mini") ? Small(1.62, 1.62)
            : Is("gpt-4.1-nano") ? Small(2.46, 2.46)
            : Is("gpt-5-mini") || Is("gpt-5.4-mini") ? Small(1.2, 1.62)
            : Is("gpt-5-nano") ? Small(1.5, 2.46)
            : Is("gpt-5.4-nano") ? Small(1.2, 2.46)
            : Is("o4-mini") || Is("codex-mini") ? Small(1.72, 1.72)
            : Is("gpt-5.2") || (Is("gpt-5") && model.Contains("codex", StringComparison.Ordinal)) || Is("gpt-5.3") ? Small(1.2, 1.2)
            : Is("o1") || Is("o3") ? Tiles(75, 150)
            : Is("computer-use") ? Tiles(65, 129)
            : model == "gpt-5" || Is("gpt-5-") || Is("gpt-5.1") ? Tiles(70, 140)
            : Is("gpt-5.4") ? Large(PatchBudget.High)
            : Is("gpt-5.5") ? Large(PatchBudget.Original)
            : Is("gpt-5") || Is("gpt-6") ? Large(PatchBudget.None)
            : Tiles(85, 170);
    }

    protected override long CountImage(ImageSize size, string? detail) => IsTiled ? CountTiles(size, detail) : CountPatches(size, detail);

    protected override long UpperBoundOf(ImageSize size, long tokens, string? detail)
    {
        if (IsTiled)
        {
            return tokens;
        }

        // The longest edge is documented, and not always applied. Small models have been billed for a whole image of low detail.
        PatchBudget budget = detail == "original" ? Max(_automatic, PatchBudget.Original) : detail == "high" ? _high : _automatic;
        return Math.Max(tokens, TokensOf(Patches(size, budget with { LongestEdge = int.MaxValue }), _documentedFactor));
    }

    private static OpenAIMediaRules Tiles(int baseTokens, int tileTokens) => new(baseTokens, tileTokens);

    private static OpenAIMediaRules Small(double factor, double documentedFactor) => new(factor, documentedFactor, PatchBudget.Small, PatchBudget.Small, hasLowDetail: false);

    private static OpenAIMediaRules Large(PatchBudget automatic) => new(1.2, 1.2, automatic, PatchBudget.High, hasLowDetail: true);

    private static PatchBudget Max(PatchBudget one, PatchBudget other) => one.Patches > other.Patches ? one : other;

    private static long TokensOf(double patches, double factor) => (long)Math.Ceiling(Math.Round(patches * factor, 6));

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
        PatchBudget budget = detail switch
        {
            "low" when _hasLowDetail => PatchBudget.Low,
            "high" => _high,
            "original" => Max(_automatic, PatchBudget.Original),
            _ => _automatic,
        };
        return TokensOf(Patches(size, budget), _factor);
    }

    private static double Patches(ImageSize size, PatchBudget budget)
    {
        double shrink = Math.Min(1, budget.LongestEdge / (double)Math.Max(size.Width, size.Height));
        double width = size.Width * shrink;
        double height = size.Height * shrink;
        if (Math.Ceiling(width / Patch) * Math.Ceiling(height / Patch) > budget.Patches)
        {
            // Scale down until the patches fit, then once more so that a whole number of patches covers the width.
            shrink = Math.Sqrt(Patch * Patch * (double)budget.Patches / (width * height));
            double acrossWidth = width * shrink / Patch;
            double acrossHeight = height * shrink / Patch;
            shrink *= Math.Min(Math.Max(1, Math.Floor(acrossWidth)) / acrossWidth, Math.Max(1, Math.Floor(acrossHeight)) / acrossHeight);
            (width, height) = (width * shrink, height * shrink);
        }

        double patches = Math.Max(1, Math.Ceiling(Math.Round(width / Patch, 6))) * Math.Max(1, Math.Ceiling(Math.Round(height / Patch, 6)));
        return Math.Min(budget.Patches, patches);
    }

    /// <summary>The limits of an image for one detail: it is scaled down to both.</summary>
    private readonly record struct PatchBudget(int Patches, int LongestEdge)
    {
        public static PatchBudget Low => new(256, 512);

        public static PatchBudget Small => new(1536, 2048);

        public static PatchBudget High => new(2500, 2048);

        public static PatchBudget Original => new(10_000, 6000);

        public static PatchBudget None => new(PatchesOfLargestPhoto, int.MaxValue);
    }
}
