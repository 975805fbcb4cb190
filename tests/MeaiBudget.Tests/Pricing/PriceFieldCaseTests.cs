namespace MeaiBudget.Tests;

public class PriceFieldCaseTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly PriceCatalog Catalog = PriceCatalog.Default;

    [Theory]
    [InlineData("gemini-pro-latest", "google", 2, 12)]
    [InlineData("mistral-medium-latest", "mistral", 1.5, 7.5)]
    [InlineData("mistral-medium", "mistral", 1.5, 7.5)]
    [InlineData("gemini-2.5-flash-preview-09-2025", "google", 0.3, 2.5)]
    [InlineData("DeepSeek-V3", "azure", 1.14, 4.56)]
    [InlineData("gpt-35-turbo-1106", "azure", 1, 2)]
    [InlineData("qwen/qwen3-32b", "openrouter", 0.08, 0.28)]
    [InlineData("gemini-2.0-flash-001", "vertex", 0.15, 0.6)]
    [InlineData("deepseek-ai/DeepSeek-R1", "together", 3, 7)]
    [InlineData("zai-glm-4.7", "cerebras", 2.25, 2.75)]
    public void P1_AnAcceptedIdHasThePriceOfItsOwnHost(string id, string provider, double input, double output)
    {
        PriceResolution found = Catalog.Resolve(id, provider, Now);

        Assert.True(found.IsKnown);
        Assert.Equal(((decimal)input, (decimal)output), (found.Price!.InputPerMillion, found.Price.OutputPerMillion));
    }

    [Theory]
    [InlineData("claude-opus-4-6", "anthropic", 300_000, 1.5)]
    [InlineData("claude-opus-4-6", "vertex", 300_000, 1.5)]
    [InlineData("claude-opus-4-6", "azure", 300_000, 1.5)]
    [InlineData("claude-sonnet-4-5", "anthropic", 300_000, 1.8)]
    [InlineData("grok-4-fast-reasoning", "xai", 150_000, 0.06)]
    [InlineData("grok-4-1-fast-reasoning", "xai", 128_000, 0.0256)]
    [InlineData("claude-haiku-5-5", "anthropic", 100_001, 0.0500005)]
    public void P1_LongContextCostsWhatTheHostBills(string id, string provider, long input, double dollars) =>
        Assert.Equal((decimal)dollars, Catalog.Resolve(id, provider, Now).Price!.CostOf(new BillableUsage { InputTokens = input }).Amount);

    [Theory]
    [InlineData("openai/gpt-5", "github")]
    [InlineData("deepseek/some-new-model", "openrouter")]
    [InlineData("llama-3.3-70b-versatile", "openrouter")]
    [InlineData("meta/Llama-3.2-11B-Vision-Instruct", "github")]
    public void P2_AnotherHostsPriceIsOnlyAGuess(string id, string provider) => Assert.False(Catalog.Resolve(id, provider, Now).IsKnown);

    [Theory]
    [InlineData("bedrock/eu-west-2/meta.llama3-70b-instruct-v1:0", null, null, 3.45, 4.55)]
    [InlineData("bedrock/sa-east-1/moonshotai.kimi-k2.5", null, null, 0.72, 3.6)]
    [InlineData("bedrock/us-gov-west-1/anthropic.claude-sonnet-4-5-20250929-v1:0", null, null, 3.6, 18)]
    [InlineData("deepseek.v3.2", "bedrock", "ap-northeast-1", 0.74, 2.22)]
    [InlineData("bedrock/us-east-1/mistral.mistral-large-2402-v1:0", null, null, 4, 12)]
    [InlineData("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock", null, 3.6, 18)]
    public void P2_ACloudRegionHasItsOwnPrice(string id, string? provider, string? region, double input, double output)
    {
        PriceResolution found = Catalog.Resolve(id, provider, Now, region);

        Assert.True(found.IsKnown);
        Assert.Equal(((decimal)input, (decimal)output), (found.Price!.InputPerMillion, found.Price.OutputPerMillion));
    }

    [Fact]
    public void P2_TheRegionsOfASovereignCloudHaveItsPrice()
    {
        var model = new PricedModel
        {
            Provider = "bedrock",
            ModelId = "m",
            Periods = [new PricePeriod(ModelPrice.PerMillionTokens(1m, 2m)), new PricePeriod(ModelPrice.PerMillionTokens(3m, 4m)) { Region = "us-gov" }],
        };
        var catalog = PriceCatalog.Create([model], new PriceCatalogInfo());

        Assert.Equal(3m, catalog.Resolve("m", "bedrock", Now, "us-gov-east-1").Price!.InputPerMillion);
        Assert.Equal(1m, catalog.Resolve("m", "bedrock", Now, "us-east-1").Price!.InputPerMillion);
    }

    [Theory]
    [InlineData("command-r-08-2024", "cohere")]
    [InlineData("sonar-reasoning-pro", "perplexity")]
    [InlineData("qwen-plus", "alibaba")]
    [InlineData("qwen3-coder-plus", "dashscope")]
    [InlineData("kimi-k2.6", "moonshot")]
    [InlineData("glm-4.5-air", "zhipu")]
    [InlineData("MiniMax-M2.5", "minimax")]
    [InlineData("accounts/fireworks/models/deepseek-v3", "fireworks_ai")]
    [InlineData("Qwen/Qwen3-235B-A22B", "nebius")]
    [InlineData("openai/gpt-4.1", "github")]
    [InlineData("github/gpt-4o-mini", null)]
    [InlineData("meta/Llama-3.3-70B-Instruct", "github-models")]
    public void P2_OtherProvidersAreListed(string id, string? provider) => Assert.True(Catalog.Resolve(id, provider, Now).IsKnown);

    [Fact]
    public void P3_WhatIsNotBilledByTokensIsBilledByItsUnit()
    {
        Assert.Equal(0.012m, CostOf("whisper-1", "openai", new BillableUsage { AudioMilliseconds = 120_000 }).Amount);
        Assert.Equal(0.015m, CostOf("tts-1", "openai", new BillableUsage { Characters = 1_000 }).Amount);
        Assert.Equal(0.12m, CostOf("imagen-4.0-generate-001", "google", new BillableUsage { Images = 3 }).Amount);
        Assert.Equal(0.04m, CostOf("mistral-ocr-latest", "mistral", new BillableUsage { Pages = 10 }).Amount);
        Assert.Equal(0.002m, CostOf("rerank-v3.5", "cohere", new BillableUsage { InputTokens = 10_000 }).Amount);
        Assert.Equal((0m, CostFlags.None), CostOf("omni-moderation-latest", "openai", new BillableUsage { InputTokens = 10_000 }) is var free ? (free.Amount, free.Flags) : default);
    }

    [Fact]
    public void P3_AUsageWithoutTheUnitIsFlaggedAndNeverSilentlyZero() => Assert.Equal(
        CostFlags.MissingFee,
        CostOf("dall-e-3", "openai", new BillableUsage { InputTokens = 20, OutputTokens = 1_000 }).Flags);

    [Theory]
    [InlineData("gpt-4.1", "priority", 1.75)]
    [InlineData("gpt-4o", "priority", 1.7)]
    [InlineData("gpt-4o", "batch", 0.5)]
    [InlineData("gpt-5", "flex", 0.5)]
    [InlineData("gpt-5.2", "priority", 2)]
    [InlineData("gpt-5.6-sol", "fast", 2)]
    [InlineData("o3", "flex", 0.5)]
    [InlineData("gpt-6-astra", "ultrafast", 6)]
    [InlineData("gpt-6.2-sol", "ultrafast", 3)]
    public void P4_ATierCostsItsMultipleOfTheStandardPrice(string id, string tier, double multiple)
    {
        var usage = new BillableUsage { InputTokens = 10_000, OutputTokens = 1_000, CachedInputTokens = 4_000 };
        Cost standard = CostOf(id, "openai", usage);
        Cost priced = CostOf(id, "openai", usage with { ServiceTier = tier });

        Assert.Equal(standard.Amount * (decimal)multiple, priced.Amount);
        Assert.Equal(CostFlags.None, priced.Flags);
    }

    [Theory]
    [InlineData("2025-01-20T10:00:00Z", 0.14, 0.28)]
    [InlineData("2025-03-01T10:00:00Z", 0.27, 1.10)]
    [InlineData("2025-03-01T17:00:00Z", 0.135, 0.55)]
    [InlineData("2025-03-02T00:15:00Z", 0.135, 0.55)]
    [InlineData("2025-09-10T17:00:00Z", 0.56, 1.68)]
    [InlineData("2025-10-15T10:00:00Z", 0.28, 0.42)]
    [InlineData("2026-08-18T02:00:00Z", 0.44, 1.32)]
    [InlineData("2026-08-18T05:00:00Z", 0.22, 0.66)]
    [InlineData("2026-11-27T02:00:00Z", 0.30, 1.20)]
    [InlineData("2026-11-28T02:00:00Z", 0.15, 0.60)]
    public void P5_DeepSeeksHistoryIsKnownToTheHour(string at, double input, double output)
    {
        ModelPrice price = Catalog.Resolve("deepseek-chat", "deepseek", DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)).Price!;

        Assert.Equal(((decimal)input, (decimal)output), (price.InputPerMillion, price.OutputPerMillion));
    }

    [Theory]
    [InlineData("2024-03-01", "mistral-large-2402", 4)]
    [InlineData("2025-06-01", "mistral-large-2411", 2)]
    [InlineData("2026-11-29", "mistral-large-2512", 0.5)]
    public void P5_AnAliasThatMovesIsResolvedByDate(string day, string model, double input)
    {
        PriceResolution found = Catalog.Resolve("mistral-large-latest", "mistral", DateTimeOffset.Parse(day + "T12:00Z", System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal((PriceMatch.Alias, true, model, (decimal)input), (found.Match, found.IsFloatingAlias, found.ModelId, found.Price!.InputPerMillion));
    }

    [Fact]
    public void P5_AReservationTakesTheDearestThatAnAliasMeantLately()
    {
        DateTimeOffset moved = new(2026, 4, 29, 0, 0, 0, TimeSpan.Zero);
        var alias = new PricedModel { Provider = "p", ModelId = "m-latest", Periods = [], Meanings = [new AliasMeaning(null, "m-1"), new AliasMeaning(moved, "m-2")] };
        var catalog = PriceCatalog.Create([Model("m-1", 3m), Model("m-2", 1m), alias], new PriceCatalogInfo());

        Assert.Equal(3_000_000_000, catalog.Resolve("m-latest", "p", moved.AddDays(89)).ReservationPrice!.WorstCaseNanoDollars(1_000_000, 0));
        Assert.Equal(1_000_000_000, catalog.Resolve("m-latest", "p", moved.AddDays(91)).ReservationPrice!.WorstCaseNanoDollars(1_000_000, 0));
        Assert.Equal((1m, moved), catalog.Resolve("m-latest", "p", moved.AddDays(1)) is var found ? (found.Price!.InputPerMillion, found.MeantSince) : default);
    }

    [Theory]
    [InlineData("sambanova/DeepSeek-R1", 3, 7)]
    [InlineData("cloudflare/@cf/moonshotai/kimi-k2.6", 0.95, 4)]
    [InlineData("crusoe/deepseek-ai/DeepSeek-R1-0528", 3, 7)]
    public void P6_AGuessForAnUnknownHostReservesTheDearestOfAllHosts(string id, double input, double output)
    {
        PriceResolution guess = Catalog.Resolve(id, null, Now);

        Assert.Equal(PriceMatch.Inferred, guess.Match);
        Assert.True(guess.ReservationPrice!.WorstCaseNanoDollars(1_000_000, 0) >= (decimal)input * 1_000_000_000);
        Assert.True(guess.ReservationPrice!.WorstCaseNanoDollars(0, 1_000_000) >= (decimal)output * 1_000_000_000);
    }

    [Theory]
    [InlineData("sambanova/gemma-4-31B-it")]
    [InlineData("cloudflare/@cf/zai-org/glm-4.7-flash")]
    public void P6_AModelThatOneHostGivesAwayIsNotGuessedToBeFree(string id) =>
        Assert.NotEqual(0, Catalog.Resolve(id, null, Now).ReservationPrice?.WorstCaseNanoDollars(1_000_000, 1_000_000));

    [Theory]
    [InlineData("gemini-2.5-flash-painter", "google")]
    [InlineData("gpt-4o-audio-of-tomorrow", "openai")]
    public void P6_AGuessReservesTheDearestOfItsFamily(string id, string provider)
    {
        PriceResolution guess = Catalog.Resolve(id, provider, Now);
        long family = Catalog.Models.Where(model => model.Provider == provider && model.Periods.Count > 0 && model.ModelId.StartsWith(guess.ModelId, StringComparison.Ordinal))
            .Max(model => Catalog.Resolve(model.ModelId, provider, Now).Price!.WorstCaseNanoDollars(1_000, 1_000));

        Assert.Equal(PriceMatch.Inferred, guess.Match);
        Assert.True(guess.ReservationPrice!.WorstCaseNanoDollars(1_000, 1_000) >= family);
    }

    [Theory]
    [InlineData("claude-sonnet-5", "anthropic", 2, 0.2, 10)]
    [InlineData("us.anthropic.claude-sonnet-5", "bedrock", 2.2, 0.22, 11)]
    [InlineData("gpt-5.6-sol", "openai", 4, 0.4, 20)]
    [InlineData("deepseek-v4-pro", "deepseek", 0.66, 0.022, 1.98)]
    [InlineData("gpt-4o-realtime-preview", "openai", 5, 2.5, 20)]
    [InlineData("grok-4.5", "xai", 2, 0.3, 6)]
    [InlineData("gpt-6-luna", "openai", 0.1, 0.01, 0.5)]
    [InlineData("claude-opus-5-5", "anthropic", 4, 0.2, 20)]
    [InlineData("claude-sonnet-5-5", "anthropic", 2, 0.1, 10)]
    [InlineData("gemini-3.8-flash", "google", 0.75, 0.075, 3.75)]
    [InlineData("gemini-4-neon", "google", 3, 0.15, 15)]
    [InlineData("grok-4.7", "xai", 2, 0.5, 6)]
    [InlineData("deepseek-flash", "deepseek", 0.15, 0.003, 0.6)]
    public void P8_TodaysPricesAreKnown(string id, string provider, double input, double cached, double output)
    {
        PriceResolution found = Catalog.Resolve(id, provider, Now);

        Assert.True(found.IsKnown);
        Assert.Equal(((decimal)input, (decimal)cached, (decimal)output), (found.Price!.InputPerMillion, found.Price.PriceOf(PriceComponent.CachedInput), found.Price.OutputPerMillion));
    }

    [Fact]
    public void P8_AnIntroductoryPriceEnds() => Assert.Equal(
        [0.75m, 1.5m],
        new[] { Now, new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero) }.Select(at => Catalog.Resolve("gemini-3.7-flash", "google", at).Price!.InputPerMillion));

    [Fact]
    public void P9_ACacheWriteOfTwelveHoursHasAPriceOfItsOwn()
    {
        var usage = new BillableUsage { InputTokens = 1_000_000, CacheWriteTwelveHoursTokens = 100_000 };

        // 900,000 tokens above 272,000 at 4 dollars, 100,000 written for twelve hours at 10.
        Assert.Equal((3.6m + 1m, CostFlags.LongContext), CostOf("gpt-6.2-sol", "openai", usage) is var cost ? (cost.Amount, cost.Flags) : default);
        Assert.Equal(CostFlags.AssumedCachePrice, ModelPrice.PerMillionTokens(2m, 8m).CostOf(usage).Flags);
        Assert.Equal(1.8m + 0.5m, ModelPrice.PerMillionTokens(2m, 8m).CostOf(usage).Amount);
    }

    [Fact]
    public void P9_AFeeForARequestIsNotAFeeForEachQuery()
    {
        var usage = new BillableUsage { InputTokens = 1_000, OutputTokens = 100, WebSearches = 3 };

        Assert.Equal(0.00055m + 0.035m, CostOf("gemini-2.5-flash", "google", usage).Amount);
        Assert.Equal(0.0008m + (3 * 0.014m), CostOf("gemini-3-flash-preview", "google", usage).Amount);
        Assert.Equal(0.00075m + (3 * 0.01m), CostOf("gpt-5.4", "openai", usage with { InputTokens = 0, OutputTokens = 50 }).Amount);
    }

    [Fact]
    public void P9_APriceHoldsInHoursOfAZoneOnDaysOfTheWeekUntilADate()
    {
        var window = new DailyWindow(new TimeOnly(23, 0), new TimeOnly(2, 0)) { Zone = "+08:00", Days = 1 << (int)DayOfWeek.Friday };
        var model = new PricedModel
        {
            ModelId = "m",
            Periods =
            [
                new PricePeriod(ModelPrice.PerMillionTokens(1m, 1m)),
                new PricePeriod(ModelPrice.PerMillionTokens(2m, 2m)) { Daily = window, Until = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero) },
            ],
        };
        PriceCatalog catalog = PriceCatalog.Empty.With(model);
        decimal At(string time) => catalog.Resolve("m", at: DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)).Price!.InputPerMillion;

        // Friday 2026-01-02, 23:00 to 02:00 in Beijing, is 15:00 to 18:00 in UTC.
        Assert.Equal([1m, 2m, 2m, 1m, 1m, 1m], new[] { "2026-01-02T14:59Z", "2026-01-02T15:00Z", "2026-01-02T17:59Z", "2026-01-02T18:00Z", "2026-01-03T16:00Z", "2026-02-06T16:00Z" }.Select(At));
    }

    [Theory]
    [InlineData("grok-3-mini", "grok-4.3", 0.00125, true)]
    [InlineData("grok-4-0709", "grok-4.3", 0.00125, true)]
    [InlineData("gpt-4o", "gpt-4o-2024-11-20", 0.0025, false)]
    [InlineData("gpt-4o", "gpt-4o-of-tomorrow", 0.0025, false)]
    public async Task P10_TheModelThatAnsweredIsChargedAndAReplacementIsFlagged(string asked, string answered, double dollars, bool isReplaced)
    {
        var tracker = new CostTracker([Budget.Daily("day", 10m)]);
        SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = asked,
            Provider = asked.StartsWith("gpt", StringComparison.Ordinal) ? "openai" : "xai",
            Estimate = new TokenEstimate(1_000, 1_000, TokenEstimateSource.Exact),
            OutputTokens = 0,
        });

        Cost cost = await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 1_000 }, ResponseModelId = answered, Outcome = AttemptOutcome.Answered });

        Assert.Equal(((decimal)dollars, isReplaced), (cost.Amount, cost.Flags.HasFlag(CostFlags.OtherModelAnswered)));
        Assert.StartsWith($"{PriceCatalog.Default.Digest}:", cost.PriceId, StringComparison.Ordinal);
        Assert.EndsWith(isReplaced ? "xai/grok-4.3" : "openai/gpt-4o", cost.PriceId!.Split('@')[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task P7_TheStatusStatesTheDayOfThePrices()
    {
        BudgetStatus status = Assert.Single(await new CostTracker([Budget.Daily("day", 10m)]).GetStatusAsync());

        Assert.Equal(PriceCatalog.Default.Date, status.PricesAsOf);
        Assert.NotNull(status.PricesAsOf);
    }

    [Fact]
    public void P9_ADigestNamesTheCatalogAndChangesWithIt()
    {
        PriceCatalog own = Catalog.With("gpt-4o", ModelPrice.PerMillionTokens(1m, 1m));

        Assert.NotEqual(Catalog.Digest, own.Digest);
        Assert.Equal(own.Digest, Catalog.With("gpt-4o", ModelPrice.PerMillionTokens(1m, 1m)).Digest);
        Assert.Equal($"{own.Digest}:*/gpt-4o", own.Resolve("gpt-4o").CostOf(new BillableUsage { InputTokens = 1 }).PriceId);
    }

    [Fact]
    public void P9_WhatAFileStatesIsWrittenAndReadAgain()
    {
        const string Json = """
            { "format": "meaibudget-prices/1", "models": [
              { "provider": "p", "id": "m-1", "limits": "128000 4096 reasoning", "prices": [
                { "input": 2, "output": 8, "cacheWriteTwelveHours": 5, "brackets": [{ "aboveInputTokens": 1000, "input": 4, "output": 12 }],
                  "tiers": { "batch": 0.5, "ultrafast": 6 }, "fees": { "webSearchRequest": 0.035, "image": 0.04, "feeOfTomorrow": 1 }, "regions": { "*": 1.1 }, "source": "verified 2026-11-20 A,B" },
                { "from": "2026-08-16T16:00:00Z", "until": "2027-01-01", "daily": { "from": "09:00", "to": "12:00", "zone": "+08:00", "days": ["monday", "friday"] }, "input": 3, "output": 9 } ] },
              { "provider": "p", "id": "m-latest", "meanings": [{ "model": "m-1", "mayMean": ["m-2"] }] },
              { "provider": "p", "id": "m-2", "prices": [{ "input": 1, "output": 1 }] } ] }
            """;
        var read = PriceCatalog.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Json)));
        using var file = new MemoryStream();
        read.Save(file);
        file.Position = 0;
        var again = PriceCatalog.Load(file);

        Assert.Equal(read.Digest, again.Digest);
        Assert.Equal(2.2m, again.Resolve("m-1", "p", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), "eu").Price!.InputPerMillion);
        Assert.Equal(2m, again.Resolve("m-1", "p", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), "global").Price!.InputPerMillion);
        Assert.Equal(3m, again.Resolve("m-1", "p", new DateTimeOffset(2026, 11, 27, 2, 0, 0, TimeSpan.Zero)).Price!.InputPerMillion);
        Assert.Equal(new ModelLimits(128_000, 4_096, true), again.Resolve("m-1", "p").Limits);
    }

    [Fact]
    public void ATierOfAFreeStandardPriceIsNotBilledAtTheStandardBracket()
    {
        ModelPrice price = ModelPrice.PerMillionTokens(0m, 1m).WithBracket(1_000, ModelPrice.PerMillionTokens(0m, 2m)).WithServiceTier("priority", ModelPrice.PerMillionTokens(5m, 2m));
        Cost below = price.CostOf(new BillableUsage { InputTokens = 1_000, ServiceTier = "priority" });
        Cost above = price.CostOf(new BillableUsage { InputTokens = 2_000, ServiceTier = "priority" });

        Assert.Equal((0.005m, 0.01m), (below.Amount, above.Amount));
    }

    private static PricedModel Model(string id, decimal price) => new() { Provider = "p", ModelId = id, Periods = [new PricePeriod(ModelPrice.PerMillionTokens(price, price))] };

    private static Cost CostOf(string id, string provider, BillableUsage usage) => Catalog.Resolve(id, provider, Now).CostOf(usage);
}
