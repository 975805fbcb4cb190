namespace MeaiBudget.Tests;

public class PriceCatalogDefaultTests
{
    private static readonly PriceCatalog Catalog = PriceCatalog.Default;

    public static TheoryData<string, string> CurrentModels { get; } = new()
    {
        { "openai", "gpt-5.6-sol" }, { "openai", "gpt-5.5" }, { "openai", "gpt-4.1" }, { "openai", "o4-mini" },
        { "anthropic", "claude-opus-5" }, { "anthropic", "claude-sonnet-5" }, { "anthropic", "claude-haiku-4-5" }, { "anthropic", "claude-fable-5" },
        { "gcp.gemini", "gemini-3.7-flash" }, { "gcp.gemini", "gemini-3.1-pro-preview" }, { "gcp.gemini", "gemini-2.5-flash-lite" },
        { "mistral_ai", "mistral-large-2512" }, { "mistral_ai", "mistral-small-2603" }, { "deepseek", "deepseek-v4-pro" }, { "deepseek", "deepseek-chat" },
        { "x_ai", "grok-4.5" }, { "openai", "gpt-6.2-sol" }, { "anthropic", "claude-opus-5-5" }, { "cohere", "command-a-03-2025" }, { "perplexity", "sonar-pro" }, { "alibaba", "qwen3-max" },
        { "moonshotai", "kimi-k3" }, { "zai", "glm-5.3" }, { "minimax", "MiniMax-M3" }, { "cerebras", "gpt-oss-120b" }, { "together", "openai/gpt-oss-120b" }, { "openrouter", "z-ai/glm-4.6" }, { "groq", "openai/gpt-oss-120b" }, { "groq", "llama-3.3-70b-versatile" },
        { "azure.ai.openai", "gpt-5.4" }, { "azure.ai.openai", "gpt-4o-mini" }, { "aws.bedrock", "anthropic.claude-opus-5" }, { "aws.bedrock", "amazon.nova-pro-v1:0" },
    };

    [Theory]
    [MemberData(nameof(CurrentModels))]
    public void TheCurrentModelsOfTheProvidersAreListed(string provider, string id)
    {
        PriceResolution resolution = Catalog.Resolve(id, provider);

        Assert.Equal(PriceMatch.Exact, resolution.Match);
        Assert.True(resolution.Price is { InputPerMillion: > 0, OutputPerMillion: > 0 });
    }

    [Fact]
    public void EveryPriceHasASourceAndADate() => Assert.All(
        Catalog.Models.SelectMany(model => model.Periods),
        period => Assert.True(period.Source is { CheckedOn: not null } source && source.Name.Split(',').All(Catalog.Info.Sources.ContainsKey)));

    [Fact]
    public void DecidedPricesAreThoseOfTheDecisionList()
    {
        Assert.Equal(3.75m, Catalog.Resolve("claude-3-sonnet-20240229", "anthropic").Price!.PriceOf(PriceComponent.CacheWrite));
        Assert.Equal(10m * 0.3m, Catalog.Resolve("gpt-5.5", "openai").Price!.CostOf(new BillableUsage { InputTokens = 300_000 }).Amount);
        Assert.Equal(6m * 0.3m, Catalog.Resolve("claude-sonnet-4-5", "anthropic").Price!.CostOf(new BillableUsage { InputTokens = 300_000 }).Amount);
        Assert.Equal((5m, 15m), Catalog.Resolve("gpt-4o-2024-05-13", "openai").Price is { } launch ? (launch.InputPerMillion, launch.OutputPerMillion) : default);
    }

    [Fact]
    public void NoPriceIsAbsurd() => Assert.All(Catalog.Models.SelectMany(model => model.Periods.Select(period => (model, period.Price))), priced =>
    {
        (PricedModel model, ModelPrice price) = priced;
        Assert.InRange(price.InputPerMillion, 0m, 200m);
        Assert.InRange(price.OutputPerMillion, 0m, 700m);
        Assert.True((price.PriceOf(PriceComponent.CachedInput) ?? 0m) <= price.InputPerMillion, model.ModelId);
        Assert.Equal(price.IsFree, price is { InputPerMillion: 0m, OutputPerMillion: 0m } && !price.IsPricedByUseOnly && price.PriceOf(PriceComponent.Request) is null);
    });

    [Fact]
    public void OnlyModelsThatTheirProviderGivesAwayAreFree() => Assert.All(
        Catalog.Models.Where(model => model.Periods.Any(period => period.Price.IsFree)),
        model => Assert.Matches("^(?:omni-moderation|gemma-|glm-.*-flash$)", model.ModelId));

    [Fact]
    public void ReasoningModelsAndLimitsAreKnown()
    {
        Assert.Equal(new ModelLimits(400_000, 128_000, true), Catalog.Resolve("gpt-5", "openai").Limits);
        Assert.Equal(new ModelLimits(128_000, 16_384, false), Catalog.Resolve("gpt-4o", "openai").Limits);
        Assert.True(Catalog.Resolve("gpt-5.6-sol", "openai").Limits!.IsReasoning);
    }

    [Fact]
    public void EveryListedIdResolvesToItself() => Assert.All(Catalog.Models.Where(model => model.Meanings.Count == 0), model =>
        Assert.Equal((PriceMatch.Exact, model.ModelId, model.Provider), Catalog.Resolve(model.ModelId, model.Provider) is var found ? (found.Match, found.ModelId, found.Provider) : default));

    [Fact]
    public void EveryAliasThatMovesMeansListedModels() => Assert.All(
        Catalog.Models.Where(model => model.Meanings.Count > 0),
        alias => Assert.All(
            alias.Meanings.SelectMany(meaning => meaning.MayMean.Append(meaning.ModelId)),
            id => Assert.Equal(PriceMatch.Exact, Catalog.Resolve(id, alias.Provider).Match)));

    [Fact]
    public void TheFileIsReadModelByModel() => Assert.IsType<PackedModels>(PackedModels.TryIndex(PackagedFile()));

    [Fact]
    public void ReadingModelByModelFindsWhatReadingAllFinds()
    {
        byte[] file = PackagedFile();
        var whole = PriceCatalog.Load(new MemoryStream(file));

        Assert.Equal(whole.Models.Count, Catalog.Models.Count);
        Assert.Equal(whole.Info.Date, Catalog.Info.Date);
        Assert.Equal(whole.Info.Sources, Catalog.Info.Sources);
        foreach (string id in whole.Models.SelectMany(model => model.Aliases.Prepend(model.ModelId)).Concat(["claude-4.5-sonnet", "gpt-5.5-of-tomorrow", "none"]))
        {
            PriceResolution one = Catalog.Resolve(id);
            PriceResolution other = whole.Resolve(id);
            Assert.Equal((other.Match, other.ModelId, other.Provider, other.Price), (one.Match, one.ModelId, one.Provider, one.Price));
        }
    }

    [Fact]
    public void ATextOutsideOfAsciiIsReadAsItIsWritten() => Assert.Equal("modèle-日本", PackedModelReader.Read("""{"id":"modèle-日本"}"""u8).ModelId);

    private static byte[] PackagedFile()
    {
        using Stream stream = typeof(PriceCatalog).Assembly.GetManifestResourceStream("MeaiBudget.price-catalog.json")!;
        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        return file;
    }
}
