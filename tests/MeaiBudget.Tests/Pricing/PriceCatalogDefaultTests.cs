namespace MeaiBudget.Tests;

public class PriceCatalogDefaultTests
{
    [Theory]
    [InlineData("gpt-4o", null, PriceMatch.Exact, 2.5, 10)]
    [InlineData("gpt-4o-mini-2024-07-18", "openai", PriceMatch.Exact, 0.15, 0.6)]
    [InlineData("gpt-5-2031-01-01", "openai", PriceMatch.DateStripped, 1.25, 10)]
    [InlineData("claude-sonnet-4-5", "anthropic", PriceMatch.Exact, 3, 15)]
    [InlineData("claude-sonnet-4-5-20250929", "anthropic", PriceMatch.DateStripped, 3, 15)]
    [InlineData("litellm_proxy/anthropic/claude-sonnet-4-5", null, PriceMatch.PrefixStripped, 3, 15)]
    [InlineData("models/gemini-2.5-pro", "gcp.gemini", PriceMatch.PrefixStripped, 1.25, 10)]
    public void TheModelsOfTheProvidersAreFound(string id, string? provider, PriceMatch match, double input, double output)
    {
        PriceResolution resolution = PriceCatalog.Default.Resolve(id, provider);

        Assert.Equal(match, resolution.Match);
        Assert.Equal(((decimal)input, (decimal)output), (resolution.Price!.InputPerMillion, resolution.Price.OutputPerMillion));
    }
}
