using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Bodies with wrong or unusual labels and encodings in the log.</summary>
public class LoggedBodyTests
{
    private static readonly string Secret = SecretShapes.All["openai project"].Secret;

    public static TheoryData<string> MediaTypes =>
    [
        "text/event-stream", "Text/Event-Stream", "application/ndjson", "application/x-ndjson", "application/jsonl", "application/jsonlines", "application/json", "text/plain", "Application/JSON",
    ];

    [Theory, MemberData(nameof(MediaTypes))]
    public async Task Q2_EventsAreMaskedWhateverTheirLabel(string mediaType)
    {
        for (int split = 1; split < Secret.Length; split += 7)
        {
            string Delta(string text) => "{\"type\":\"delta\",\"delta\":{\"text\":\"" + text + "\"}}\n";
            foreach (string prefix in (string[])["data: ", ""])
            {
                string logged = await LoggedAsync(Encoding.UTF8.GetBytes(prefix + Delta(Secret[..split]) + prefix + Delta(Secret[split..])), mediaType, null, pieces: 11);
                SecretShapes.AssertNoLongPiece(Secret, logged);
                Assert.Contains("\"type\":\"delta\"", logged, StringComparison.Ordinal);
                Assert.Contains($"[{split} characters]", logged, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("utf-16", "utf-16"), InlineData("utf-16", null), InlineData("utf-16", "utf-8"), InlineData("utf-16BE", null), InlineData("utf-32", null), InlineData("utf-32BE", "utf-8")]
    [InlineData("utf-8", "utf-16"), InlineData("utf-8", "no-such-encoding"), InlineData("iso-8859-1", "iso-8859-1"), InlineData("utf-8", "\"utf-8\"")]
    public async Task Q2_ABodyIsReadByItsRealEncoding(string real, string? label)
    {
        string body = $"{{\"answer\": \"é {Secret}\", \"password\": \"Xq7fKp29LmZt\"}}";
        foreach (bool hasMark in (bool[])[false, true])
        {
            var encoding = Encoding.GetEncoding(real);
            byte[] bytes = [.. hasMark ? encoding.GetPreamble() : [], .. encoding.GetBytes(body)];
            foreach (int pieces in (int[])[1, 3, 1000])
            {
                string logged = await LoggedAsync(bytes, "application/json", label, pieces);
                Assert.Equal("{\"answer\": \"é [REDACTED]\", \"password\": \"[REDACTED]\"}", logged.TrimStart('\uFEFF'));
            }
        }
    }

    [Theory]
    [InlineData("{\"p\\u0061ssword\": \"Xq7fKp29LmZt\"}")]
    [InlineData("{\"\\u0070\\u0061\\u0073\\u0073\\u0077\\u006f\\u0072\\u0064\": \"Xq7fKp29LmZt\"}")]
    [InlineData("{\"api\\u005fkey\": \"Xq7fKp29LmZt\"}")]
    [InlineData("{\"a\": \"sk\\u002dant\\u002dapi03\\u002dXq7fKp29LmZtXq7fKp29LmZt\"}")]
    [InlineData("{\"a\": \"g\\u0068p_Xq7fKp29LmZtXq7fKp29LmZtXq7f\"}")]
    [InlineData("a=sk%2Dant%2Dapi03%2DXq7fKp29LmZtXq7fKp29LmZt&b=1")]
    [InlineData("p%61ssword=Xq7fKp29LmZt")]
    public void Q2_EscapedSpellingsOfNamesAndPrefixesAreKnown(string body) =>
        Assert.DoesNotContain("7fKp29LmZt", SecretRedactor.Default.Redact(body), StringComparison.Ordinal);

    [Fact]
    public async Task Q2_ABinaryBodyIsDescribed() =>
        Assert.Equal("[3 bytes of image/png]", await LoggedAsync([1, 2, 3], "image/png", null, 2));

    [Fact]
    public async Task Q2_PlainJsonOfSeveralLinesIsLoggedAsItIs()
    {
        const string Body = "[\n{\"a\": 1},\n{\"b\": [\n{\n\"c\": \"d\"\n}]}\n]";
        Assert.Equal(Body, await LoggedAsync(Encoding.UTF8.GetBytes(Body), "application/json", null, 4));
    }

    [Fact]
    public async Task Q9_ALongRequestIdIsCut()
    {
        var logger = new FakeLogger<RedactedHttpLoggingHandler>();
        using HttpClient client = Client(logger, new ByteArrayContent([]), response => response.Headers.Add("x-request-id", new string('a', 60_000)));
        await client.GetStringAsync(new Uri("https://api.example.com/x"));
        Assert.InRange(Assert.Single(logger.Collector.GetSnapshot(), record => record.Id.Id == 511).GetStructuredStateValue("RequestId")!.Length, 200, 300);
    }

    private static async Task<string> LoggedAsync(byte[] body, string mediaType, string? charset, int pieces)
    {
        var logger = new FakeLogger<RedactedHttpLoggingHandler>();
        var content = new StreamContent(new Pieces(body, pieces));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(charset is null ? mediaType : $"{mediaType}; charset={charset}");
        using HttpClient client = Client(logger, content);
        using HttpResponseMessage response = await client.GetAsync(new Uri("https://api.example.com/x"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        return Assert.Single(logger.Collector.GetSnapshot(), record => record.Id.Id == 513).GetStructuredStateValue("ResponseBody")!;
    }

    private static HttpClient Client(ILogger<RedactedHttpLoggingHandler> logger, HttpContent content, Action<HttpResponseMessage>? change = null) =>
        new(new RedactedHttpLoggingHandler(logger, new RedactedHttpLoggingOptions { Bodies = LoggedContent.Redacted })
        {
            InnerHandler = new Handler(() =>
            {
                var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
                change?.Invoke(response);
                return response;
            }),
        });

    private sealed class Handler(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer());
    }

    /// <summary>A body that arrives in pieces of a few bytes.</summary>
    private sealed class Pieces(byte[] body, int size) : MemoryStream(body)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, size)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, size)], cancellationToken);
    }
}
