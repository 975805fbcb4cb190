using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

public class RedactedHttpLoggingHandlerTests
{
    private readonly FakeLogger<RedactedHttpLoggingHandler> _logger = new();

    [Fact]
    public async Task LogsTheExchangeWithoutQueryUserAndBodies()
    {
        using HttpClient client = Client(new RedactedHttpLoggingOptions(), "the answer");

        using HttpResponseMessage response = await client.PostAsync(new Uri("https://user:pass@api.example.com/v1/chat?key=secretvalue"), new StringContent("the question"));

        Assert.Equal("the answer", await response.Content.ReadAsStringAsync());
        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal("https://api.example.com/v1/chat", record.GetStructuredStateValue("Path"));
        Assert.Equal("POST", record.GetStructuredStateValue("Method"));
        Assert.Equal("200", record.GetStructuredStateValue("StatusCode"));
        Assert.Equal("req-1", record.GetStructuredStateValue("RequestId"));
        Assert.Equal("retry-after: 3", record.GetStructuredStateValue("Headers"), ignoreCase: true);
    }

    [Fact]
    public async Task I5_CredentialHeadersAreNeverLoggedEvenIfTheAllowListNamesThem()
    {
        var options = new RedactedHttpLoggingOptions { Headers = { "Authorization", "x-api-key", "api-key", "Cookie", "Set-Cookie", "X-Custom" } };
        using HttpClient client = Client(options, "x");
        foreach (string name in (string[])["x-api-key", "api-key", "Cookie"])
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, "canary-value");
        }

        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer canary-value");
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Custom", "see " + SecretShapes.All["github"].Secret);

        await client.GetStringAsync(new Uri("https://api.example.com/v1/models"));

        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.DoesNotContain("canary", record.Message, StringComparison.Ordinal);
        Assert.Contains("X-Custom: see [REDACTED]", record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BodiesAreLoggedOnlyOnRequestRedactedAndOnce()
    {
        string secret = SecretShapes.All["openai project"].Secret;
        using HttpClient client = Client(new RedactedHttpLoggingOptions { Bodies = LoggedContent.Redacted }, $"{{\"answer\": \"é {secret}\"}}");

        using HttpResponseMessage response = await client.PostAsync(new Uri("https://api.example.com/v1/chat"), new StringContent($"{{\"api_key\": \"x\", \"prompt\": \"{secret} and more\"}}"));
        string body = await response.Content.ReadAsStringAsync();

        Assert.Contains(secret, body, StringComparison.Ordinal);
        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 513);
        Assert.Equal("{\"api_key\": \"[REDACTED]\", \"prompt\": \"[REDACTED] and more\"}", record.GetStructuredStateValue("RequestBody"));
        Assert.Equal("{\"answer\": \"é [REDACTED]\"}", record.GetStructuredStateValue("ResponseBody"));
    }

    [Fact]
    public async Task AStreamedBodyIsNotHeldBackAndSecretsSplitOverReadsAreRedacted()
    {
        string secret = SecretShapes.All["anthropic"].Secret;
        using HttpClient client = Client(new RedactedHttpLoggingOptions { Bodies = LoggedContent.Redacted }, "data: " + secret + "\n\ndata: end\n\n");

        using HttpResponseMessage response = await client.GetAsync(new Uri("https://api.example.com/stream"), HttpCompletionOption.ResponseHeadersRead);
        await using (Stream stream = await response.Content.ReadAsStreamAsync())
        {
            byte[] one = new byte[1];
            while (await stream.ReadAsync(one) > 0)
            {
            }
        }

        Assert.Equal($"data: [{secret.Length} characters]\n\ndata: [3 characters]\n\n", Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 513).GetStructuredStateValue("ResponseBody"));
    }

    [Theory, InlineData("text/event-stream"), InlineData("application/x-ndjson")]
    public async Task I6_ASecretThatIsSplitOverEventsIsNotLoggedAndTheEventsAre(string mediaType)
    {
        string secret = SecretShapes.All["openai project"].Secret;
        string prefix = mediaType == "text/event-stream" ? "data: " : "";
        for (int split = 0; split <= secret.Length; split++)
        {
            using var logger = new FakeLoggerProvider();
            string Delta(int index, string text, string finish) => prefix + "{\"type\":\"delta\",\"index\":" + index + ",\"delta\":{\"text\":\"" + text + "\",\"finish_reason\":" + finish + "}}\n";
            string body = Delta(3, secret[..split], "null") + Delta(4, secret[split..], "\"stop\"") + prefix + secret[..split] + "\n" + prefix + "[DONE]\n";
            using HttpClient client = Client(new RedactedHttpLoggingOptions { Bodies = LoggedContent.Redacted }, body, mediaType, logger);

            Assert.Equal(body, await client.GetStringAsync(new Uri("https://api.example.com/v1/chat")));

            string logged = Assert.Single(logger.Collector.GetSnapshot(), record => record.Id.Id == 513).GetStructuredStateValue("ResponseBody")!;
            SecretShapes.AssertNoLongPiece(secret, logged);
            Assert.StartsWith(Delta(3, split == 0 ? "" : $"[{split} characters]", "null"), logged, StringComparison.Ordinal);
            Assert.Contains("\"finish_reason\":\"stop\"", logged, StringComparison.Ordinal);
            Assert.EndsWith(prefix + "[DONE]\n", logged, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData("utf-7"), InlineData("x-unknown"), InlineData("\"utf-16\""), InlineData("ebcdic")]
    public async Task Q2_AnEncodingThatIsNotKnownDoesNotEndTheCall(string charset)
    {
        using HttpResponseMessage response = await AnsweredAsync("{\"password\": \"Kp29LmZt4R\"}"u8.ToArray(), content => content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}"));
        Assert.Equal("{\"password\": \"[REDACTED]\"}", await LoggedBodyAsync(response));
    }

    [Theory, InlineData("gzip"), InlineData("br"), InlineData("deflate"), InlineData("zstd")]
    public async Task Q2_ACompressedBodyIsDescribed(string compression)
    {
        using HttpResponseMessage response = await AnsweredAsync("stored: Kp29LmZt4R"u8.ToArray(), content => content.Headers.ContentEncoding.Add(compression));
        Assert.Equal($"[18 bytes of {compression}]", await LoggedBodyAsync(response));
    }

    [Fact]
    public async Task Q2_AHeaderIsRedactedByItsName()
    {
        var options = new RedactedHttpLoggingOptions { Headers = { "X-Acme-Pwd", "X-Acme-Passwort", "X-Plain" } };
        using HttpClient client = Client(options, "x");
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Acme-Pwd", "hunter22");
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Acme-Passwort", "Sommer-2031");
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Plain", ["one", "two"]);

        await client.GetStringAsync(new Uri("https://api.example.com/v1/models"));

        Assert.Equal("X-Acme-Pwd: [REDACTED]; X-Acme-Passwort: [REDACTED]; X-Plain: one, two; Retry-After: 3", Assert.Single(_logger.Collector.GetSnapshot()).GetStructuredStateValue("Headers"), ignoreCase: true);
    }

    private async Task<HttpResponseMessage> AnsweredAsync(byte[] body, Action<HttpContent> describe)
    {
        using HttpClient client = new(new RedactedHttpLoggingHandler(_logger, new RedactedHttpLoggingOptions { Bodies = LoggedContent.Redacted })
        {
            InnerHandler = new Handler(_ =>
            {
                var content = new ByteArrayContent(body);
                describe(content);
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
            }),
        });
        return await client.GetAsync(new Uri("https://api.example.com/x"), HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<string?> LoggedBodyAsync(HttpResponseMessage response)
    {
        await response.Content.ReadAsByteArrayAsync();
        return Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 513).GetStructuredStateValue("ResponseBody");
    }

    [Fact]
    public async Task LogsAFailureWithoutItsMessage()
    {
        using HttpClient client = new(new RedactedHttpLoggingHandler(_logger) { InnerHandler = new Handler(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "canary")) });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("https://api.example.com/x")));

        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal((512, "ConnectionError"), (record.Id.Id, record.GetStructuredStateValue("HttpError")));
        Assert.DoesNotContain("canary", record.Message, StringComparison.Ordinal);
    }

    private HttpClient Client(RedactedHttpLoggingOptions options, string answer, string mediaType = "application/json", FakeLoggerProvider? provider = null) => new(new RedactedHttpLoggingHandler(
        provider is null ? _logger : new LoggerFactory([provider]).CreateLogger<RedactedHttpLoggingHandler>(), options)
    {
        InnerHandler = new Handler(_ =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer, Encoding.UTF8, mediaType) };
            response.Headers.Add("x-request-id", "req-1");
            response.Headers.Add("Retry-After", "3");
            response.Headers.Add("Set-Cookie", "session=canary-value");
            return response;
        }),
    });

    private sealed class Handler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
