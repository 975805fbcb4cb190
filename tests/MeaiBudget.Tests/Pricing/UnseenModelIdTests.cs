namespace MeaiBudget.Tests;

/// <summary>Ids that no list has: the price must be right, or said to be a guess.</summary>
public class UnseenModelIdTests
{
    private static readonly PriceCatalog Snapshots = PriceCatalog.Create(
        [
            Model("m", 1m, 2m),
            Model("m-2025-06-01", 3m, 6m),
            Model("n", 1m, 2m),
            Model("n-0613", 2m, 3m),
            Model("n-1106", 1m, 2m),
        ],
        new PriceCatalogInfo());

    [Theory]
    [InlineData("m-2025-09-01", PriceMatch.DateStripped, 1)]
    [InlineData("m-2025-03-01", PriceMatch.Inferred, 3)]
    [InlineData("openai/m-2025-03-01", PriceMatch.Inferred, 3)]
    [InlineData("n-0301", PriceMatch.Inferred, 2)]
    public void P2_AnUnlistedSnapshotBetweenDifferentPricesIsAGuess(string id, PriceMatch match, int input)
    {
        PriceResolution found = Snapshots.Resolve(id, "openai");

        Assert.Equal(match, found.Match);
        Assert.Equal(input, found.ReservationPrice!.InputPerMillion);
    }

    [Fact]
    public void P2_TheFirstTurboSnapshotIsNotPricedAsTheNewest()
    {
        PriceResolution found = PriceCatalog.Default.Resolve("gpt-3.5-turbo-0301", "openai");

        Assert.False(found.IsKnown);
        Assert.True(found.ReservationPrice!.InputPerMillion >= 1.5m);
        Assert.Equal(1.5m, PriceCatalog.Default.Resolve("gpt-35-turbo-0613", "azure").Price!.InputPerMillion);
        Assert.Equal(0.5m, PriceCatalog.Default.Resolve("gpt-35-turbo-0125", "azure").Price!.InputPerMillion);
    }

    [Theory]
    [InlineData("gpt-5.6-pro", "openai")]
    [InlineData("gpt-5.2-realtime", "openai")]
    [InlineData("gpt-4.1-audio-preview", "openai")]
    [InlineData("gemini-3.6-flash-image", "google")]
    [InlineData("gemini-2.5-flash-live-preview", "google")]
    [InlineData("claude-sonnet-4-5-fast", "anthropic")]
    [InlineData("grok-2-image-1212", "xai")]
    [InlineData("grok-4-heavy", "xai")]
    [InlineData("o3-ultra", "openai")]
    public void P6_AWordThatNamesADearerKindOfModelIsNotPricedAsItsBase(string id, string provider) =>
        Assert.Equal(PriceMatch.Unknown, PriceCatalog.Default.Resolve(id, provider).Match);

    [Theory]
    [InlineData("gpt-5-mini-high", "openai")]
    [InlineData("gpt-5-mini:online", "openrouter")]
    [InlineData("gemini-2.0-flash-thinking-exp", "google")]
    public void P6_OtherWordsAreStillGuessed(string id, string provider) => Assert.Equal(PriceMatch.Inferred, PriceCatalog.Default.Resolve(id, provider).Match);

    [Theory]
    [InlineData("google/gemma-3-27b-it", null)]
    [InlineData("google/gemma-3-27b-it", "openai")]
    [InlineData("gemma-3-27b-it", "openai")]
    [InlineData("openai/gpt-oss-20b", null)]
    [InlineData("gpt-oss-120b", "openai")]
    [InlineData("gpt-oss-20b", "openai")]
    [InlineData("gpt-oss-20b", null)]
    [InlineData("Qwen/Qwen3-235B-A22B-Instruct-2507", "openai")]
    [InlineData("zai-org/GLM-4.6", null)]
    public void P2_AnOpenModelAtAnUnknownHostIsAGuessAndNeverFree(string id, string? provider)
    {
        PriceResolution found = PriceCatalog.Default.Resolve(id, provider);

        Assert.Equal(PriceMatch.Inferred, found.Match);
        Assert.True(found.ReservationPrice!.InputPerMillion > 0m);
    }

    [Theory]
    [InlineData("gemma-3-27b-it", "google")]
    [InlineData("gemini/gemma-3-27b-it", null)]
    [InlineData("Qwen/Qwen3-235B-A22B-Instruct-2507", "nebius")]
    [InlineData("openai/gpt-oss-20b", "groq")]
    [InlineData("omni-moderation-latest", null)]
    [InlineData("accounts/fireworks/models/gpt-oss-20b", null)]
    [InlineData("llama-3.3-70b-versatile", null)]
    public void P2_AnIdThatNamesItsHostIsKnown(string id, string? provider) => Assert.True(PriceCatalog.Default.Resolve(id, provider).IsKnown);

    [Fact]
    public void P2_TheApplicationsPriceHoldsForARepositorysName()
    {
        PriceCatalog catalog = PriceCatalog.Default.With("gemma-3-27b-it", ModelPrice.PerMillionTokens(0.1m, 0.2m));

        PriceResolution found = catalog.Resolve("google/gemma-3-27b-it", "openai");

        Assert.Equal((PriceMatch.Override, 0.1m), (found.Match, found.Price!.InputPerMillion));
    }

    [Theory]
    [InlineData("amazon.titan-embed-text-v1", "bedrock", "0.1")]
    [InlineData("amazon.titan-embed-text-v2:0", "bedrock", "0.02")]
    [InlineData("mistral.mistral-large-2407-v1:0", "bedrock", "2")]
    [InlineData("embed-multilingual-light-v3.0", "cohere", "0.1")]
    public void P1_PricesThatTheSourcesHadWrongAreDecided(string id, string provider, string input)
    {
        Assert.Equal(decimal.Parse(input, System.Globalization.CultureInfo.InvariantCulture), PriceCatalog.Default.Resolve(id, provider).Price!.InputPerMillion);
    }

    [Theory]
    [InlineData("grok-4", "xai", 128_000, 2)]
    [InlineData("grok-4-0709", "xai", 128_000, 2)]
    [InlineData("grok-4-fast", "xai", 128_000, 2)]
    [InlineData("claude-sonnet-4-0", "anthropic", 200_000, 2)]
    [InlineData("claude-sonnet-4", "anthropic", 200_000, 2)]
    [InlineData("claude-sonnet-4-20250514", "anthropic", 200_000, 2)]
    public void P1_EverySpellingOfAModelHasItsLongContextPrice(string id, string provider, int threshold, int ratio)
    {
        ModelPrice price = PriceCatalog.Default.Resolve(id, provider).Price!;
        decimal Amount(long tokens) => price.CostOf(new BillableUsage { InputTokens = tokens }, PriceMatch.Exact).Amount;

        Assert.Equal(threshold * price.InputPerMillion / 1_000_000m, Amount(threshold));
        Assert.Equal(ratio * (threshold + 10) * price.InputPerMillion / 1_000_000m, Amount(threshold + 10));
    }

    [Theory]
    [InlineData("claude-sonnet-4-20250514", "anthropic")]
    [InlineData("claude-sonnet-4-5", "vertex")]
    public void P9_AnHoursCacheWriteOfALongRequestIsNotCheaperThanAShortOne(string id, string provider)
    {
        PriceResolution found = PriceCatalog.Default.Resolve(id, provider);
        decimal Amount(long five, long hour) => found.CostOf(new BillableUsage { InputTokens = 300_000, CacheWriteTokens = five, CacheWriteOneHourTokens = hour }).Amount;

        Assert.Equal(300_000 * 7.5m / 1_000_000m, Amount(300_000, 0));
        Assert.Equal(300_000 * 12m / 1_000_000m, Amount(0, 300_000));
    }

    [Fact]
    public void P9_ATierThatIsDearElsewhereIsNotAssumedAtTheStandardPrice()
    {
        Cost cost = PriceCatalog.Default.Resolve("gpt-5.4", "openai").CostOf(new BillableUsage { InputTokens = 1000, OutputTokens = 1000, ServiceTier = "ultrafast" });
        Cost standard = PriceCatalog.Default.Resolve("gpt-5.4", "openai").CostOf(new BillableUsage { InputTokens = 1000, OutputTokens = 1000 });

        Assert.Equal(6 * standard.Amount, cost.Amount);
        Assert.True(cost.Flags.HasFlag(CostFlags.AssumedServiceTierPrice));
    }

    [Fact]
    public void ShortcutsBeforeThePatternsChangeNothing()
    {
        var dates = new System.Text.RegularExpressions.Regex(@"(?:[-@:](?:\d{4}-\d{2}-\d{2}|20\d{6}|\d{2}-20\d{2})(?:-v\d+)?|-(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|-00\d|@default)$");
        string[] suffixes = ["", "-2025-11-01", "@20251101", ":20251101", "-20251101-v1", "-2025-11-01-v2:0", "-1899-01-01", "-0613", "-06-13", "-09-2025", "-001", "@default", "-default", "-v1:0", "-20251", "2025-11-01", "-12-2025-11-01"];
        foreach (string id in PriceCatalog.Default.Models.SelectMany(model => model.Aliases.Prepend(model.ModelId)).Append("").Append("m"))
        {
            foreach (string dated in suffixes.Select(suffix => id + suffix))
            {
                System.Text.RegularExpressions.Match match = dates.Match(dated);
                Assert.Equal((dated, match is { Success: true, Index: > 0 } ? dated[..match.Index] : null), (dated, ModelIdForms.WithoutDate(dated)));
            }
        }

        Assert.Equal((20251101, 20251101, null), (ModelIdForms.DateOf("m-2025-11-01"), ModelIdForms.DateOf("m@20251101"), ModelIdForms.DateOf("m-0613")));
    }

    private static PricedModel Model(string id, decimal input, decimal output) =>
        new() { Provider = "openai", ModelId = id, Periods = [new PricePeriod(ModelPrice.PerMillionTokens(input, output))] };
}
