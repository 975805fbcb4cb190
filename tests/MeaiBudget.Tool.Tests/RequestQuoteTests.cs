using System.Text.Json;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>A quote reads from the body all that decides the cost.</summary>
public class RequestQuoteTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello there.\"}]";

    [Theory]
    [InlineData("\"n\":4", 4)]
    [InlineData("\"n\":1", 1)]
    public void K10_SeveralAnswersAreQuotedEach(string field, long answers)
    {
        RequestQuote plain = Quote($$"""{"model":"gpt-4.1-mini","max_tokens":1000,{{Messages}}}""");
        RequestQuote quote = Quote($$"""{"model":"gpt-4.1-mini","max_tokens":1000,{{field}},{{Messages}}}""");

        Assert.Equal((answers, 1000 * answers, 500 * answers), (quote.Answers, quote.MaxOutputTokens, quote.ExpectedOutputTokens));
        Assert.Equal(plain.Worst + ((answers - 1) * 1000 * 0.0000016m), quote.Worst);
        Assert.Equal(plain.Lowest, quote.Lowest);
    }

    [Fact]
    public void K10_TheServiceTierIsQuoted()
    {
        RequestQuote plain = Quote($$"""{"model":"gpt-4.1-mini","max_tokens":1000,{{Messages}}}""");
        RequestQuote priority = Quote($$"""{"model":"gpt-4.1-mini","max_tokens":1000,"service_tier":"priority",{{Messages}}}""");
        RequestQuote automatic = Quote($$"""{"model":"gpt-4.1-mini","max_tokens":1000,"service_tier":"auto",{{Messages}}}""");

        Assert.Equal("priority", priority.ServiceTier);
        Assert.True(priority.Worst > plain.Worst && priority.Lowest > plain.Lowest, $"{priority.Worst} for priority, {plain.Worst} for standard.");
        Assert.Equal((null, plain.Worst), (automatic.ServiceTier, automatic.Worst));
    }

    [Theory]
    [InlineData("""{"type":"ephemeral","ttl":"1h"}""", 2.0)]
    [InlineData("""{"type":"ephemeral"}""", 1.25)]
    public void K10_WritesToACacheAreQuoted(string control, double factor)
    {
        string body = """{"model":"claude-haiku-4-5","max_tokens":1000,"messages":[{"role":"user","content":[{"type":"text","text":"Hello there."CACHE}]}]}""";
        RequestQuote plain = Quote(body.Replace("CACHE", "", StringComparison.Ordinal));
        RequestQuote quote = Quote(body.Replace("CACHE", ",\"cache_control\":" + control, StringComparison.Ordinal));

        decimal input = plain.InputUpperBound * 0.000001m;
        Assert.Equal(plain.Worst + (input * ((decimal)factor - 1)), quote.Worst);
        Assert.True(quote.Expected > plain.Expected);
    }

    private static RequestQuote Quote(string body)
    {
        using var document = JsonDocument.Parse(body);
        RawRequest request = RawRequestReader.Read(document.RootElement);
        return RequestQuote.Of(request, request.ModelId!, isOwn: true, expectedOutput: null);
    }
}
