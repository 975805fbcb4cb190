using System.Text;
using CsCheck;

namespace MeaiBudget.Tests;

public class PriceFileTests
{
    private const string Own = """
        {
          "format": "meaibudget-prices/1",
          "version": "7", "date": "2026-11-01", "currency": "USD",
          "sources": { "page": "checked by hand" },
          "unknownField": { "tolerated": [1, 2, 3] },
          "models": [
            {
              "provider": "acme", "id": "acme-1", "aliases": ["acme-one"], // a comment
              "limits": { "contextWindow": 1000, "maxOutputTokens": 100, "reasoning": true },
              "prices": [
                {
                  "input": 1.25, "output": 10, "cachedInput": 0.125, "somethingNew": true,
                  "brackets": [{ "aboveInputTokens": 500, "input": 2.5, "output": 15 }],
                  "tiers": { "flex": { "input": 0.6, "output": 5 } },
                  "fees": { "webSearch": 0.01 },
                  "source": { "name": "page", "checked": "2026-11-01", "confidence": "verified" }
                },
                { "from": "2027-01-01", "region": "eu", "input": 2, "output": 20 },
              ]
            }
          ]
        }
        """;

    private const string LiteLlm = """
        {
          "sample_spec": { "litellm_provider": "one of the providers", "max_input_tokens": "text here", "input_cost_per_token": 0.0 },
          "amazon.nova-2-lite-v1:0": { "cache_read_input_token_cost": 7.5e-08, "input_cost_per_token": 3e-07, "litellm_provider": "bedrock_converse", "max_input_tokens": 1000000, "max_output_tokens": 64000, "mode": "chat", "output_cost_per_token": 2.5e-06 },
          "vertex_ai/claude-x": { "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06, "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05, "litellm_provider": "vertex_ai-anthropic_models", "mode": "chat", "brand_new_field": [{}] },
          "gpt-tiers": { "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05, "input_cost_per_token_priority": 2.5e-06, "output_cost_per_token_priority": 2e-05, "input_cost_per_token_flex": 6.25e-07, "output_cost_per_token_flex": 5e-06, "litellm_provider": "openai", "mode": "chat" },
          "dashscope/qwen-tiered": { "litellm_provider": "dashscope", "mode": "chat", "input_cost_per_token": 4e-07, "output_cost_per_token": 1.2e-06, "tiered_pricing": [{ "range": [0, 32000], "input_cost_per_token": 4e-07, "output_cost_per_token": 1.2e-06 }, { "range": [32000, 128000.0], "input_cost_per_token": 8e-07, "output_cost_per_token": 2.4e-06 }] },
          "ollama/local": { "input_cost_per_token": 0, "output_cost_per_token": 0, "litellm_provider": "ollama", "mode": "chat" },
          "somewhere/zero": { "input_cost_per_token": 0, "output_cost_per_token": 0, "litellm_provider": "somewhere", "mode": "chat" },
          "half/priced": { "input_cost_per_token": 1e-06, "litellm_provider": "half", "mode": "chat" },
          "chatgpt/no-price-at-all": { "litellm_provider": "chatgpt", "mode": "chat" }
        }
        """;

    private const string GenAiPrices = """
        [
          {
            "id": "x-ai", "name": "X", "api_pattern": "x",
            "models": [
              { "id": "grok-z", "match": { "or": [{ "equals": "grok-z-alias" }, { "starts_with": "grok-zz" }, { "regex": "^grok-zq\\d$" }, { "and": [] }] }, "context_window": 5000,
                "prices": { "input_mtok": { "base": 2, "tiers": [{ "start": 200000, "price": 4 }] }, "cache_read_mtok": 0.5, "output_mtok": 10, "web_searches_kcount": 10 } },
              { "id": "dated", "match": { "equals": "dated" }, "prices": [{ "prices": { "input_mtok": 10, "output_mtok": 40 } }, { "constraint": { "start_date": "2025-06-10" }, "prices": { "input_mtok": 2, "output_mtok": 8 } }] },
              { "id": "free-or-not", "match": { "equals": "free-or-not" }, "prices": {} }
            ]
          }
        ]
        """;

    [Fact]
    public void OurOwnFormatIsReadWhole()
    {
        PriceCatalog catalog = Load(Own);
        PriceResolution found = catalog.Resolve("acme-one", "acme", new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal(("7", new DateOnly(2026, 11, 1)), (catalog.Info.Version, catalog.Info.Date!.Value));
        Assert.Equal((PriceMatch.Exact, "acme-1"), (found.Match, found.ModelId));
        Assert.Equal(new ModelLimits(1000, 100, true), found.Limits);
        Assert.Equal(new PriceSource("page", new DateOnly(2026, 11, 1), PriceConfidence.Verified), found.Source);
        Assert.Equal(
            ModelPrice.PerMillionTokens(1.25m, 10m, cachedInput: 0.125m).WithBracket(500, ModelPrice.PerMillionTokens(2.5m, 15m))
                .WithServiceTier("flex", ModelPrice.PerMillionTokens(0.6m, 5m)).WithFees(perWebSearch: 0.01m),
            found.Price);
        Assert.Equal(20m, catalog.Resolve("acme-1", "acme", new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), "eu").Price!.OutputPerMillion);
    }

    [Fact]
    public void LiteLlmsFormatIsRead()
    {
        PriceCatalog catalog = Load(LiteLlm);

        Assert.Equal(ModelPrice.PerMillionTokens(0.3m, 2.5m, cachedInput: 0.075m), catalog.Resolve("amazon.nova-2-lite-v1:0", "aws.bedrock").Price);
        Assert.Equal(
            ModelPrice.PerMillionTokens(3m, 15m, cacheWrite: 3.75m, cacheWriteOneHour: 6m).WithBracket(200_000, ModelPrice.PerMillionTokens(6m, 22.5m, cacheWrite: 3.75m, cacheWriteOneHour: 6m)),
            catalog.Resolve("vertex_ai/claude-x").Price);
        ModelPrice tiers = catalog.Resolve("gpt-tiers", "openai").Price!;
        Assert.Equal((2.5m, 5m), (tiers.PriceOf(PriceComponent.Input, "priority"), tiers.PriceOf(PriceComponent.Output, "flex")));
        Assert.Equal(0.8m * 40_000 / 1_000_000m, catalog.Resolve("dashscope/qwen-tiered").Price!.CostOf(new BillableUsage { InputTokens = 40_000 }).Amount);
        Assert.True(catalog.Resolve("ollama/local").Price!.IsFree);
        Assert.All(["somewhere/zero", "half/priced", "chatgpt/no-price-at-all", "sample_spec"], id => Assert.Equal(PriceMatch.Unknown, catalog.Resolve(id).Match));
        Assert.Equal(3, catalog.Info.Notes.Count);
    }

    [Fact]
    public void GenAiPricesFormatIsRead()
    {
        PriceCatalog catalog = Load(GenAiPrices);
        PriceResolution found = catalog.Resolve("grok-z-alias", "xai");

        Assert.Equal(
            ModelPrice.PerMillionTokens(2m, 10m, cachedInput: 0.5m).WithBracket(200_000, ModelPrice.PerMillionTokens(4m, 10m, cachedInput: 0.5m)).WithFees(perWebSearch: 0.01m),
            found.Price);
        Assert.Equal((PriceMatch.Exact, 5000L), (found.Match, found.Limits!.ContextWindow!.Value));
        Assert.Equal(PriceMatch.Inferred, catalog.Resolve("grok-zz9", "xai").Match);
        Assert.Equal(PriceMatch.Inferred, catalog.Resolve("grok-zq7", "xai").Match);
        Assert.Equal(10m, catalog.Resolve("dated", at: new DateTimeOffset(2025, 6, 9, 23, 59, 59, TimeSpan.Zero)).Price!.InputPerMillion);
        Assert.Equal(2m, catalog.Resolve("dated", at: new DateTimeOffset(2025, 6, 10, 0, 0, 0, TimeSpan.Zero)).Price!.InputPerMillion);
        Assert.Equal(PriceMatch.Unknown, catalog.Resolve("free-or-not").Match);
    }

    [Fact]
    public void WhatIsWrittenIsReadBackTheSame()
    {
        foreach (PriceCatalog catalog in new[] { PriceCatalog.Default, Load(Own), Load(LiteLlm), Load(GenAiPrices) })
        {
            using var stream = new MemoryStream();
            catalog.Save(stream);
            stream.Position = 0;
            var again = PriceCatalog.Load(stream);

            Assert.Equal(catalog.Models.SelectMany(model => model.Periods), again.Models.SelectMany(model => model.Periods));
            Assert.Equal(catalog.Models.Select(model => (model.Provider, model.ModelId, model.Limits)), again.Models.Select(model => (model.Provider, model.ModelId, model.Limits)));
            Assert.Equal(catalog.Info.Disagreements.Count, again.Info.Disagreements.Count);
        }
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("42", 1, "object or a list")]
    [InlineData("{}", 1, "neither")]
    [InlineData("{\n\"format\": \"meaibudget-prices/1\"\n}", 3, "no list 'models'")]
    [InlineData("{\n\"format\": \"meaibudget-prices/9\",\n\"models\": []}", 2, "meaibudget-prices/9")]
    [InlineData("{\n\"format\": \"meaibudget-prices/1\",\n\"currency\": \"EUR\",\"models\": []}", 3, "EUR")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [\n{ \"id\": \"a\",\n \"prices\": [{ \"input\": 1 }] }]}", 3, "no 'output'")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [\n{ \"id\": \"a\",\n \"prices\": [\n{ \"input\": -1, \"output\": 1 }] }]}", 4, "negative")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [\n{ \"id\": \"a\", \"prices\": [{ \"input\": 1, \"output\": 1 }] },\n{ \"id\": \"A\", \"prices\": [{ \"input\": 1, \"output\": 1 }] }]}", 3, "is already listed")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [\n{ \"id\": \"a\", \"prices\": [{ \"input\": 1, \"input\": 2, \"output\": 1 }] }]}", 2, "JSON")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [\n{ \"id\": \"a\", \"prices\": [{ \"input\": \"1\",\n \"output\": 1 }] }]}", 2, "should be a number")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [{ \"id\": \"a\", \"prices\": [] }]}", 1, "is empty")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [{ \"id\": \"a\", \"prices\": [{ \"input\": 1e40, \"output\": 1 }] }]}", 1, "out of range")]
    [InlineData("[\n{ \"id\": \"x\" } ]", 2, "no 'models'")]
    [InlineData("[1]", 1, "should be an object")]
    [InlineData("[]", 1, "no price")]
    [InlineData("{\n\"gpt-x\": { \"litellm_provider\": \"openai\", \"input_cost_per_token\": 0 }\n}", 3, "no price")]
    public void D19_ABadFileIsRefusedWithLineAndReason(string text, long line, string reason)
    {
        PriceCatalogException exception = Assert.Throws<PriceCatalogException>(() => Load(text));

        Assert.Equal("prices.json", exception.File);
        Assert.Equal(line, exception.Line);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains("prices.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void D19_OneBraceTooManyRefusesTheWholeFile()
    {
        int middle = Own.IndexOf("\"brackets\"", StringComparison.Ordinal);

        Assert.Throws<PriceCatalogException>(() => Load(Own.Insert(middle, "{")));
        Assert.Throws<PriceCatalogException>(() => Load(Own + "{"));
        Assert.Throws<PriceCatalogException>(() => Load(LiteLlm.Replace("\"gpt-tiers\": {", "\"gpt-tiers\": {{", StringComparison.Ordinal)));
        Assert.Throws<PriceCatalogException>(() => Load(Own[..^3]));
    }

    [Theory]
    [InlineData("{ \"gpt\": { \"litellm_provider\": \"openai\",\n\"input_cost_per_token\": 2.5, \"output_cost_per_token\": 10 } }", "US dollars per token")]
    [InlineData("{\"format\": \"meaibudget-prices/1\", \"models\": [{ \"id\": \"a\", \"prices\": [{\n\"input\": 2500000, \"output\": 1 }] }]}", "US dollars per million tokens")]
    [InlineData("[{ \"id\": \"x\", \"models\": [{ \"id\": \"y\", \"prices\": {\n\"input_mtok\": 2500000 } }] }]", "US dollars per million tokens")]
    public void B7_AFileInTheWrongUnitIsRefusedNamingTheUnit(string text, string unit)
    {
        PriceCatalogException exception = Assert.Throws<PriceCatalogException>(() => Load(text));

        Assert.Equal(2, exception.Line);
        Assert.Contains(unit, exception.Message, StringComparison.Ordinal);
        Assert.Contains("more than 1 dollar for one token", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNotThereIsATypedError()
    {
        PriceCatalogException exception = Assert.Throws<PriceCatalogException>(() => PriceCatalog.Load(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "none.json")));

        Assert.Null(exception.Line);
    }

    [Fact]
    public void AFileOfRealSizeIsReadInPieces()
    {
        var text = new StringBuilder("{");
        for (int i = 0; i < 5_000; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\"provider/model-{i}\": {{ \"litellm_provider\": \"provider\", \"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 2e-06, \"note\": \"{new string('x', 300)}\" }},\n");
        }

        text.Append("\"last\": { \"litellm_provider\": \"provider\", \"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 3e-06 } }");
        var progress = new List<long>();
        var catalog = PriceCatalog.Load(new TrickleStream(Encoding.UTF8.GetBytes(text.ToString())), "big.json", new Reporter(progress));

        Assert.Equal(5_001, catalog.Models.Count);
        Assert.Equal(3m, catalog.Resolve("last").Price!.OutputPerMillion);
        Assert.True(progress.Count > 10);
        Assert.Equal(Encoding.UTF8.GetByteCount(text.ToString()), progress[^1]);
    }

    [Fact]
    public void AnyBytesAreATypedErrorOrACatalog()
    {
        long steps = long.Parse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_STEPS") ?? "3000", System.Globalization.CultureInfo.InvariantCulture);
        byte[][] seeds = [Encoding.UTF8.GetBytes(Own), Encoding.UTF8.GetBytes(LiteLlm), Encoding.UTF8.GetBytes(GenAiPrices), [0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}']];
        string[] pieces = ["{", "}", "[", "]", "\"", ",", ":", "null", "1e999", "-1", "\\ud800", "\"models\":", "\"providers\":[", "\"prices\":{}", "\u0000", "0.0000000000000000000000000001", "99999999999999999999", "\"from\":\"2026-02-30\"", "true"];
        Gen<byte[]> mutated =
            from seed in Gen.Int[0, seeds.Length - 1]
            from cuts in Gen.Select(Gen.Double[0, 1], Gen.Int[0, pieces.Length], Gen.Int[0, 40], Gen.Byte).List[1, 4]
            select cuts.Aggregate(seeds[seed], (bytes, cut) =>
            {
                int at = (int)(cut.Item1 * bytes.Length);
                byte[] piece = cut.Item2 == pieces.Length ? [cut.Item4] : Encoding.UTF8.GetBytes(pieces[cut.Item2]);
                return [.. bytes[..at], .. piece, .. bytes[Math.Min(bytes.Length, at + cut.Item3)..]];
            });

        Gen.Frequency((3, mutated), (1, Gen.Byte.Array[0, 200])).Sample(
            bytes =>
            {
                try
                {
                    var catalog = PriceCatalog.Load(new MemoryStream(bytes), "fuzz");
                    foreach (PricedModel model in catalog.Models)
                    {
                        PriceResolution found = catalog.Resolve(model.ModelId, model.Provider);
                        Assert.True(found.CostOf(new BillableUsage { InputTokens = 1_000, CachedInputTokens = 500, OutputTokens = 10 }).NanoDollars >= 0);
                    }
                }
                catch (PriceCatalogException exception)
                {
                    Assert.NotEmpty(exception.Reason);
                }
            },
            iter: steps);
    }

    private static PriceCatalog Load(string text) => PriceCatalog.Load(new MemoryStream(Encoding.UTF8.GetBytes(text)), "prices.json");

    private sealed class Reporter(List<long> reports) : IProgress<long>
    {
        public void Report(long value) => reports.Add(value);
    }

    // Like a network stream: returns fewer bytes than requested.
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 777));
    }
}
