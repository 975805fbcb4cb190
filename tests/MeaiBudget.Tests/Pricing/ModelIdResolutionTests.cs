using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public class ModelIdResolutionTests
{
    private static readonly DateTimeOffset November = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("gpt-4o", null, PriceMatch.Exact, "gpt-4o")]
    [InlineData("GPT-4o", "openai", PriceMatch.Exact, "gpt-4o")]
    [InlineData("gpt-4o-2024-05-13", "openai", PriceMatch.Exact, "gpt-4o-2024-05-13")]
    [InlineData("gpt-4o-2024-08-06", "openai", PriceMatch.Exact, "gpt-4o")]
    [InlineData("gpt-4.1-nano-2025-04-14", "openai", PriceMatch.Exact, "gpt-4.1-nano")]
    [InlineData("openai/gpt-4o", null, PriceMatch.PrefixStripped, "gpt-4o")]
    [InlineData("openai:gpt-4o", null, PriceMatch.PrefixStripped, "gpt-4o")]
    [InlineData("litellm_proxy/anthropic/claude-sonnet-4-5", null, PriceMatch.PrefixStripped, "claude-sonnet-4-5")]
    [InlineData("openrouter/anthropic/claude-opus-4-5", null, PriceMatch.PrefixStripped, "claude-opus-4-5")]
    [InlineData("models/gemini-2.5-flash", null, PriceMatch.PrefixStripped, "gemini-2.5-flash")]
    [InlineData("publishers/google/models/gemini-2.5-pro", null, PriceMatch.PrefixStripped, "gemini-2.5-pro")]
    [InlineData("projects/p/locations/us-east5/publishers/google/models/gemini-2.5-pro", null, PriceMatch.PrefixStripped, "gemini-2.5-pro")]
    [InlineData("vertex_ai/gemini-2.5-pro", null, PriceMatch.PrefixStripped, "gemini-2.5-pro")]
    [InlineData("azure/gpt-4o", null, PriceMatch.PrefixStripped, "gpt-4o")]
    [InlineData("azure/eu/gpt-4o", null, PriceMatch.PrefixStripped, "gpt-4o")]
    [InlineData("azure_ai/phi-4", null, PriceMatch.PrefixStripped, "phi-4")]
    [InlineData("groq/openai/gpt-oss-120b", null, PriceMatch.PrefixStripped, "openai/gpt-oss-120b")]
    [InlineData("xai/grok-4.3", null, PriceMatch.PrefixStripped, "grok-4.3")]
    [InlineData("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", null, PriceMatch.PrefixStripped, "anthropic.claude-haiku-4-5-20251001")]
    [InlineData("bedrock/us-east-1/anthropic.claude-haiku-4-5-20251001-v1:0", null, PriceMatch.PrefixStripped, "anthropic.claude-haiku-4-5-20251001")]
    [InlineData("us.anthropic.claude-haiku-4-5-20251001-v1:0", "aws.bedrock", PriceMatch.PrefixStripped, "anthropic.claude-haiku-4-5-20251001")]
    [InlineData("arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0", "aws.bedrock", PriceMatch.PrefixStripped, "anthropic.claude-haiku-4-5-20251001")]
    [InlineData("us.amazon.nova-pro-v1:0", null, PriceMatch.PrefixStripped, "amazon.nova-pro")]
    [InlineData("global.anthropic.claude-opus-4-5-20251101-v1:0", null, PriceMatch.PrefixStripped, "anthropic.claude-opus-4-5-20251101")]
    [InlineData("gpt-4o-2099-12-31", "openai", PriceMatch.DateStripped, "gpt-4o")]
    [InlineData("claude-opus-4-8-20270101", "anthropic", PriceMatch.DateStripped, "claude-opus-4-8")]
    [InlineData("claude-sonnet-4-6@20260217", "gcp.vertex_ai", PriceMatch.DateStripped, "claude-sonnet-4-6")]
    [InlineData("gemini-2.0-flash-001", "gcp.gemini", PriceMatch.Exact, "gemini-2.0-flash-001")]
    [InlineData("gpt-4-1106", "openai", PriceMatch.DateStripped, "gpt-4")]
    [InlineData("claude-opus-4.1", "anthropic", PriceMatch.Alias, "claude-opus-4-1")]
    [InlineData("claude-4.1-opus", "anthropic", PriceMatch.Alias, "claude-opus-4-1")]
    [InlineData("claude-4.5-sonnet", "anthropic", PriceMatch.Alias, "claude-sonnet-4-5")]
    [InlineData("anthropic/claude-4.6-sonnet-20260217", null, PriceMatch.Alias, "claude-sonnet-4-6")]
    [InlineData("gpt-4.1-latest", "openai", PriceMatch.Alias, "gpt-4.1")]
    [InlineData("gpt-4-1-mini", "openai", PriceMatch.Alias, "gpt-4.1-mini")]
    [InlineData("ft:gpt-4o-2024-08-06:acme::abc123", "openai", PriceMatch.PrefixStripped, "ft:gpt-4o-2024-08-06")]
    [InlineData("claude-sonnet-4-5[1m]", "anthropic", PriceMatch.PrefixStripped, "claude-sonnet-4-5")]
    [InlineData("gpt-4o-new-sound", "openai", PriceMatch.Inferred, "gpt-4o")]
    [InlineData("o3-mini-extra-high", "openai", PriceMatch.Inferred, "o3-mini")]
    [InlineData("mycompany/gpt-4o", null, PriceMatch.Inferred, "gpt-4o")]
    [InlineData("claude-haiku-4-5", "some-reseller", PriceMatch.Inferred, null)]
    [InlineData("no-such-model", "openai", PriceMatch.Unknown, "no-such-model")]
    [InlineData("gp", null, PriceMatch.Unknown, "gp")]
    [InlineData("", null, PriceMatch.Unknown, "")]
    [InlineData("///", null, PriceMatch.Unknown, "///")]
    [InlineData("llama3.2:3b", "ollama", PriceMatch.Unknown, "llama3.2:3b")]
    [InlineData("gpt-oss:20b", "ollama", PriceMatch.Unknown, "gpt-oss:20b")]
    [InlineData("ollama/gpt-4o", null, PriceMatch.Unknown, "ollama/gpt-4o")]
    public void AnIdIsFoundInTheOrderOfCertainty(string id, string? provider, PriceMatch match, string? found)
    {
        PriceResolution resolution = PriceCatalog.Default.Resolve(id, provider, November);

        Assert.Equal(match, resolution.Match);
        Assert.Equal(found ?? resolution.ModelId, resolution.ModelId);
        Assert.Equal(match == PriceMatch.Unknown, resolution.Price is null);
        Assert.Same(resolution, PriceCatalog.Default.Resolve(id, provider, November));
    }

    [Fact]
    public void D15_ADotForADashIsTheSameModelAndAnUnknownOneIsNeverZero()
    {
        Assert.Equal((15m, 75m), Rates(PriceCatalog.Default.Resolve("claude-opus-4.1")));

        PriceResolution unknown = PriceCatalog.Default.Resolve("claude-of-the-future");
        Cost cost = unknown.CostOf(new BillableUsage { InputTokens = 1_000, OutputTokens = 1_000 });

        Assert.Equal((PriceMatch.Unknown, CostKind.Unknown), (unknown.Match, cost.Kind));
        Assert.False(unknown.IsKnown);
        Assert.Contains("catalog.With(\"claude-of-the-future\", ModelPrice.PerMillionTokens(", unknown.AdviceFor("claude-of-the-future"), StringComparison.Ordinal);
    }

    [Fact]
    public void D15_AStatedCostIsTakenEvenWithoutAPriceUnlessItIsZero()
    {
        PriceResolution unknown = PriceCatalog.Empty.Resolve("model");

        Assert.Equal((0.5m, CostKind.ProviderStated), (unknown.CostOf(new BillableUsage { ProviderStatedCost = 0.5m }).Amount, unknown.CostOf(new BillableUsage { ProviderStatedCost = 0.5m }).Kind));
        Assert.Equal((CostKind.Unknown, CostFlags.StatedCostIgnored), (unknown.CostOf(new BillableUsage { ProviderStatedCost = 0m }).Kind, unknown.CostOf(new BillableUsage { ProviderStatedCost = 0m }).Flags));
    }

    [Theory]
    [InlineData("claude-opus-4-9")]
    [InlineData("gpt-5-turbo-instruct")]
    public void D16_AFamilyOrPatternMatchIsOnlyInferred(string id)
    {
        PriceResolution resolution = PriceCatalog.Default.Resolve(id);

        Assert.Equal(PriceMatch.Inferred, resolution.Match);
        Assert.False(resolution.IsKnown);
        Assert.Contains("only guessed", resolution.AdviceFor(id), StringComparison.Ordinal);
    }

    [Fact]
    public void AGuessFromTheSameModelElsewhereNamesTheProvider()
    {
        PriceResolution resolution = PriceCatalog.Default.Resolve("gpt-4o", "some-host");

        Assert.Equal(PriceMatch.Inferred, resolution.Match);
        Assert.Contains("is only guessed from its price at the provider '", resolution.AdviceFor("gpt-4o"), StringComparison.Ordinal);
    }

    [Fact]
    public void D16_NeighboursOfOneFamilyKeepTheirOwnPrices()
    {
        Assert.Equal((15m, 75m), Rates(PriceCatalog.Default.Resolve("claude-opus-4-1-20250805", "anthropic")));
        Assert.Equal((5m, 25m), Rates(PriceCatalog.Default.Resolve("claude-opus-5", "anthropic")));
        Assert.Equal((5m, 15m), Rates(PriceCatalog.Default.Resolve("gpt-4o-2024-05-13", "openai")));
    }

    [Fact]
    public void D17_AnOverrideOfTheRequestedIdWinsOverTheIdThatAnswered()
    {
        PriceCatalog catalog = PriceCatalog.Default.With("gpt-4o", ModelPrice.PerMillionTokens(2m, 8m)).With("my-deployment", ModelPrice.PerMillionTokens(1m, 4m));

        Assert.Equal((2m, 8m), Rates(catalog.ResolveResponse("gpt-4o", "gpt-4o-2024-11-20", "openai")));
        Assert.Equal((1m, 4m), Rates(catalog.ResolveResponse("my-deployment", "gpt-4o-2024-11-20", "azure")));
        Assert.Equal((5m, 15m), Rates(catalog.ResolveResponse("gpt-4o-mini", "gpt-4o-2024-05-13", "openai")));
        Assert.Equal((0.15m, 0.6m), Rates(catalog.ResolveResponse("gpt-4o-mini", "who-knows", "openai")));
        Assert.Equal((0.15m, 0.6m), Rates(catalog.ResolveResponse("gpt-4o-mini", null, "openai")));
        Assert.Equal((2m, 8m), Rates(catalog.Resolve("gpt-4o-2024-08-06", "openai")));
        Assert.Equal((2m, 8m), Rates(catalog.Resolve("openai/gpt-4o")));
        Assert.Equal(PriceMatch.Override, catalog.Resolve("GPT-4o").Match);
        Assert.Equal(128_000, catalog.Resolve("gpt-4o").Limits!.ContextWindow);
    }

    [Fact]
    public void AnOverlayOfOneProviderLeavesTheOthersAlone()
    {
        PriceCatalog negotiated = PriceCatalog.Empty.With(new PricedModel { Provider = "azure", ModelId = "gpt-4o", Periods = [new PricePeriod(ModelPrice.PerMillionTokens(1m, 2m))] });
        PriceCatalog catalog = PriceCatalog.Default.With(negotiated);

        Assert.Equal((1m, 2m), Rates(catalog.Resolve("gpt-4o", "azure.ai.openai")));
        Assert.Equal((2.5m, 10m), Rates(catalog.Resolve("gpt-4o", "openai")));
    }

    [Fact]
    public void D18_ARegionalBedrockProfileCostsTenPercentMoreThanTheGlobalOne()
    {
        Assert.Equal((1m, 5m), Rates(PriceCatalog.Default.Resolve("global.anthropic.claude-haiku-4-5-20251001-v1:0")));
        foreach (string region in new[] { "us", "eu", "jp", "au", "apac" })
        {
            Assert.Equal((1.1m, 5.5m), Rates(PriceCatalog.Default.Resolve(region + ".anthropic.claude-haiku-4-5-20251001-v1:0")));
        }

        Assert.Equal((1.1m, 5.5m), Rates(PriceCatalog.Default.Resolve("anthropic.claude-haiku-4-5-20251001-v1:0", "aws.bedrock")));
        Assert.Equal("global", PriceCatalog.Default.Resolve("anthropic.claude-haiku-4-5-20251001-v1:0", "aws.bedrock", region: "global").Region);
    }

    [Fact]
    public void D20_APriceCutTakesEffectOnItsDay()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 7, 29, 23, 59, 59, TimeSpan.Zero));
        PriceCatalog catalog = PriceCatalog.Default.WithTimeProvider(clock);

        Assert.Equal((1m, 6m), Rates(catalog.Resolve("gpt-5.6-luna", "openai")));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0.2m, 1.2m), Rates(catalog.Resolve("gpt-5.6-luna", "openai")));
        Assert.Equal((1m, 6m), Rates(catalog.Resolve("gpt-5.6-luna", "openai", clock.GetUtcNow().AddDays(-1))));
    }

    [Fact]
    public void D21_ANewCatalogKnowsNothingOfAnOldOnesUnknowns()
    {
        PriceCatalog old = PriceCatalog.Empty;
        Assert.Equal(PriceMatch.Unknown, old.Resolve("late-model").Match);

        Assert.Equal(PriceMatch.Override, old.With("late-model", ModelPrice.Free).Resolve("late-model").Match);
        Assert.Equal(PriceMatch.Unknown, old.Resolve("late-model").Match);
    }

    [Fact]
    public void D22_AnAnnouncedPriceCanBeSupersededBeforeItStarts()
    {
        // The rise of claude-sonnet-5 that was announced for 2026-09-01 was cancelled.
        Assert.Equal((2m, 10m), Rates(PriceCatalog.Default.Resolve("claude-sonnet-5", "anthropic", November)));

        PriceCatalog catalog = PriceCatalog.Default.With("claude-sonnet-5", ModelPrice.PerMillionTokens(3m, 15m));
        Assert.Equal((3m, 15m), Rates(catalog.Resolve("claude-sonnet-5", "anthropic", November)));

        var model = new PricedModel
        {
            ModelId = "m",
            Periods =
            [
                new PricePeriod(ModelPrice.PerMillionTokens(2m, 10m)),
                new PricePeriod(ModelPrice.PerMillionTokens(3m, 15m)) { From = November },
                new PricePeriod(ModelPrice.PerMillionTokens(2.5m, 12m)) { From = November },
            ],
        };
        Assert.Equal((2.5m, 12m), Rates(PriceCatalog.Empty.With(model).Resolve("m", at: November)));
        Assert.Equal((2m, 10m), Rates(PriceCatalog.Empty.With(model).Resolve("m", at: November.AddTicks(-1))));
    }

    [Fact]
    public void APriceThatHasNotBegunIsUnknown()
    {
        var model = new PricedModel { ModelId = "m", Periods = [new PricePeriod(ModelPrice.PerMillionTokens(2m, 10m)) { From = November }] };

        Assert.Equal(PriceMatch.Unknown, PriceCatalog.Empty.With(model).Resolve("m", at: November.AddDays(-1)).Match);
    }

    [Fact]
    public void APriceByTheTimeOfDayHoldsInItsWindow()
    {
        var model = new PricedModel
        {
            ModelId = "m",
            Periods =
            [
                new PricePeriod(ModelPrice.PerMillionTokens(1m, 1m)),
                new PricePeriod(ModelPrice.PerMillionTokens(2m, 2m)) { Daily = new DailyWindow(new TimeOnly(0, 30), new TimeOnly(16, 30)) },
            ],
        };
        PriceCatalog catalog = PriceCatalog.Empty.With(model);
        DateTimeOffset day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        Assert.Equal([1m, 2m, 2m, 1m], new[] { 0, 30, 989, 990 }.Select(minute => catalog.Resolve("m", at: day.AddMinutes(minute)).Price!.InputPerMillion));
    }

    [Theory]
    [InlineData("ollama", "http://localhost:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://127.0.0.1:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://[::1]:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://192.168.1.7:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://10.0.0.7:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://172.31.0.7:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://[fd00::7]:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://ollama:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://host.docker.internal:11434", "llama3.2:3b", true)]
    [InlineData("ollama", "http://172.32.0.7:11434", "llama3.2:3b", false)]
    [InlineData("ollama", "https://ollama.com", "gpt-oss:20b", false)]
    [InlineData("ollama", "https://8.8.8.8:11434", "llama3.2:3b", false)]
    [InlineData("ollama", "http://localhost:11434", "gpt-oss:120b-cloud", false)]
    [InlineData("ollama", "http://localhost:11434", "glm-4.6:cloud", false)]
    [InlineData("openai", "http://localhost:11434", "llama3.2:3b", false)]
    [InlineData("ollama", null, "llama3.2:3b", false)]
    public void ZeroOnlyWhereItIsKnownToBeZero(string provider, string? endpoint, string model, bool free)
    {
        PriceResolution resolution = PriceCatalog.Default.ResolveRoute(model, provider, endpoint is null ? null : new Uri(endpoint));

        Assert.Equal(free, resolution.Match == PriceMatch.Free);
        Assert.Equal(free, resolution.Price is { IsFree: true });
    }

    [Fact]
    public void EveryStepOfAResolutionIsTold()
    {
        (IReadOnlyList<string> steps, PriceResolution resolution) = PriceCatalog.Default.Explain("litellm_proxy/anthropic/claude-4.5-sonnet");

        Assert.Equal(PriceMatch.Alias, resolution.Match);
        Assert.StartsWith("as written", steps[0], StringComparison.Ordinal);
        Assert.Contains(steps, step => step.StartsWith("without prefixes", StringComparison.Ordinal));
        Assert.Contains("is claude-sonnet-4-5 of anthropic: Alias", steps[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AFloodOfInventedIdsIsAnsweredAndForgotten()
    {
        PriceCatalog catalog = PriceCatalog.Default.With("known", ModelPrice.Free);
        for (int i = 0; i < 5_000; i++)
        {
            Assert.Equal(PriceMatch.Unknown, catalog.Resolve("invented" + i).Match);
        }

        Assert.Equal(PriceMatch.Override, catalog.Resolve("known").Match);
    }

    private static (decimal Input, decimal Output) Rates(PriceResolution resolution) => (resolution.Price!.InputPerMillion, resolution.Price.OutputPerMillion);
}
