namespace MeaiBudget.Tests;

public class PriceCatalogDefaultTests
{
    private static readonly PriceCatalog Catalog = PriceCatalog.Default;

    public static TheoryData<string, string> CurrentModels { get; } = new()
    {
        { "openai", "gpt-5.6-sol" }, { "openai", "gpt-5.5" }, { "openai", "gpt-4.1" }, { "openai", "o4-mini" },
        { "anthropic", "claude-opus-5" }, { "anthropic", "claude-sonnet-5" }, { "anthropic", "claude-haiku-4-5" }, { "anthropic", "claude-fable-5" },
        { "gcp.gemini", "gemini-3.7-flash" }, { "gcp.gemini", "gemini-3.1-pro-preview" }, { "gcp.gemini", "gemini-2.5-flash-lite" },
        { "mistral_ai", "mistral-large-latest" }, { "mistral_ai", "mistral-small-2603" }, { "deepseek", "deepseek-v4-pro" }, { "deepseek", "deepseek-chat" },
        { "x_ai", "grok-4.5" }, { "groq", "openai/gpt-oss-120b" }, { "groq", "llama-3.3-70b-versatile" },
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
        period => Assert.True(period.Source is { CheckedOn: not null } source && source.Name.Split(", ").All(Catalog.Info.Sources.ContainsKey)));

    [Fact]
    public void EveryDisagreementIsDecidedWithAReason()
    {
        Assert.All(Catalog.Info.Disagreements, disagreement => Assert.True(disagreement.Reason.Length > 20 && Catalog.Info.Sources.ContainsKey(disagreement.Decision)));
        foreach ((string id, string subject) in new[] { ("gpt-4o-2024-05-13", "input"), ("claude-3-sonnet", "cacheWrite"), ("gpt-5.5", "brackets"), ("claude-sonnet-4-5", "brackets") })
        {
            Assert.Contains(Catalog.Info.Disagreements, disagreement => disagreement.ModelId == id && disagreement.Subject == subject);
        }

        Assert.Equal(3.75m, Catalog.Resolve("claude-3-sonnet", "anthropic").Price!.PriceOf(PriceComponent.CacheWrite));
        Assert.Equal(10m * 0.3m, Catalog.Resolve("gpt-5.5", "openai").Price!.CostOf(new BillableUsage { InputTokens = 300_000 }).Amount);
        Assert.Equal(6m * 0.3m, Catalog.Resolve("claude-sonnet-4-5", "anthropic").Price!.CostOf(new BillableUsage { InputTokens = 300_000 }).Amount);
    }

    [Fact]
    public void NoPriceIsFreeOrAbsurd() => Assert.All(Catalog.Models.SelectMany(model => model.Periods), period =>
    {
        Assert.InRange(period.Price.InputPerMillion, 0.01m, 200m);
        Assert.InRange(period.Price.OutputPerMillion, 0.01m, 700m);
        Assert.True((period.Price.PriceOf(PriceComponent.CachedInput) ?? 0m) <= period.Price.InputPerMillion);
        Assert.True((period.Price.PriceOf(PriceComponent.CacheWrite) ?? decimal.MaxValue) >= period.Price.InputPerMillion);
    });

    [Fact]
    public void ReasoningModelsAndLimitsAreKnown()
    {
        Assert.Equal(new ModelLimits(400_000, 128_000, true), Catalog.Resolve("gpt-5", "openai").Limits);
        Assert.Equal(new ModelLimits(128_000, 16_384, false), Catalog.Resolve("gpt-4o", "openai").Limits);
        Assert.True(Catalog.Resolve("gpt-5.6-sol", "openai").Limits!.IsReasoning);
    }

    [Fact]
    public void EveryListedIdResolvesToItself() => Assert.All(Catalog.Models, model =>
        Assert.Equal((PriceMatch.Exact, model.ModelId, model.Provider), Catalog.Resolve(model.ModelId, model.Provider) is var found ? (found.Match, found.ModelId, found.Provider) : default));
}
