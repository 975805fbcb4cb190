using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class PriceDownloadTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero));
    private readonly PriceServer _server = new();
    private readonly HttpClient _client;
    private readonly FakeLogCollector _logs = new();

    public PriceDownloadTests() => _client = new HttpClient(_server);

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task P7_AFileThatDidNotChangeIsNotSentAgain()
    {
        using PriceCatalogSource source = Source();
        _server.Prices = File("gpt-4o", 2m);

        Assert.True(await source.ReloadAsync());
        Assert.True(await source.ReloadAsync());

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotModified], _server.Answers);
        Assert.Equal(2m, source.Current.Resolve("gpt-4o", "openai").Price!.InputPerMillion);
        Assert.Equal(PriceMatch.Exact, source.Current.Resolve("gpt-4.1", "openai").Match);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData(null)]
    public async Task P7_TheLastGoodPricesStayInUseIfADownloadFails(string? content)
    {
        using PriceCatalogSource source = Source();
        _server.Prices = File("gpt-4o", 2m);
        Assert.True(await source.ReloadAsync());
        _server.Prices = content;

        Assert.False(await source.ReloadAsync());

        Assert.Equal(2m, source.Current.Resolve("gpt-4o", "openai").Price!.InputPerMillion);
        Assert.IsType<PriceCatalogException>(source.LastFailure);
    }

    [Fact]
    public async Task P7_AFileThatIsTooLargeIsRefused()
    {
        using PriceCatalogSource source = Source(options => options.LargestDownload = 100);
        _server.Prices = File("gpt-4o", 2m) + new string(' ', 100);

        Assert.False(await source.ReloadAsync());

        Assert.Contains("100 bytes", source.LastFailure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.2)]
    public async Task P7_APriceThatFallsBelowHalfIsNotUsedUntilItIsConfirmed(double fallen)
    {
        _server.Prices = File("gpt-4o", (decimal)fallen);
        using PriceCatalogSource source = Source();
        using PriceCatalogSource confirming = Source(options => options.ConfirmedModels.Add("openai/gpt-4o"));

        Assert.True(await source.ReloadAsync());
        await confirming.ReloadAsync();

        Assert.Equal(2.5m, source.Current.Resolve("gpt-4o", "openai").Price!.InputPerMillion);
        Assert.Contains(_logs.GetSnapshot(), record => record.Id.Id == 2005 && record.Message.Contains("gpt-4o", StringComparison.Ordinal));
        if (fallen > 0)
        {
            Assert.Equal((decimal)fallen, confirming.Current.Resolve("gpt-4o", "openai").Price!.InputPerMillion);
        }
    }

    private static string File(string id, decimal input) =>
        FormattableString.Invariant($$"""{ "format": "meaibudget-prices/1", "date": "2026-11-29", "models": [{ "provider": "openai", "id": "{{id}}", "prices": [{ "input": {{input}}, "output": 10, "cachedInput": {{input / 2}} }] }] }""");

    private PriceCatalogSource Source(Action<PriceCatalogSourceOptions>? configure = null)
    {
        var options = new PriceCatalogSourceOptions { TimeProvider = _clock, LoggerFactory = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(_logs))) };
        configure?.Invoke(options);
        return PriceCatalogSource.FromUrl(new Uri("https://prices.example/file.json"), _client, options);
    }

    private sealed class PriceServer : HttpMessageHandler
    {
        public string? Prices { get; set; }

        public List<HttpStatusCode> Answers { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string tag = $"\"{Prices?.Length}\"";
            HttpStatusCode status = Prices is null ? HttpStatusCode.InternalServerError
                : request.Headers.IfNoneMatch.Any(known => known.Tag == tag) ? HttpStatusCode.NotModified : HttpStatusCode.OK;
            Answers.Add(status);
            var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(status == HttpStatusCode.OK ? Encoding.UTF8.GetBytes(Prices!) : []) };
            response.Headers.ETag = new EntityTagHeaderValue(tag);
            return Task.FromResult(response);
        }
    }
}
