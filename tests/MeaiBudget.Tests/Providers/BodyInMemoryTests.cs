using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Answers that are in memory as a whole are read where they lie; requests that nothing is decided by are not read.</summary>
public class BodyInMemoryTests
{
    private const string Answer = "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"Good morning.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}";

    [Theory]
    [InlineData("stream", HttpCompletionOption.ResponseContentRead)]
    [InlineData("stream", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("buffered stream", HttpCompletionOption.ResponseContentRead)]
    [InlineData("buffered stream", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("behind its beginning", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("opened", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("opened", HttpCompletionOption.ResponseContentRead)]
    [InlineData("bytes opened", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("with its length", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("bytes", HttpCompletionOption.ResponseContentRead)]
    [InlineData("string", HttpCompletionOption.ResponseHeadersRead)]
    [InlineData("one way", HttpCompletionOption.ResponseHeadersRead)]
    public async Task TheSdkReadsTheWholeAnswerInAnyWay(string kind, HttpCompletionOption completion)
    {
        foreach (bool isInAttempt in (bool[])[true, false])
        {
            foreach (int way in Enumerable.Range(0, 4))
            {
                using WireAttempt? attempt = isInAttempt ? Begin() : null;
                using var client = new HttpClient(new ChatWireHandler(new Server(() => Content(kind))));
                using HttpRequestMessage request = Chat("{}");
                using HttpResponseMessage response = await client.SendAsync(request, completion, TestContext.Current.CancellationToken);
                WireAttempt.Current = null;

                Assert.Equal(Answer, await ReadAsync(response.Content, way));
                Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
                if (attempt is not null)
                {
                    Assert.Equal("100/0/0/0/20/0", attempt.Exchanges[0].Answer!.Tokens());
                    Assert.True(attempt.Exchanges[0].Answer!.IsComplete);
                    Assert.Equal(200, attempt.Exchanges[0].StatusCode);
                }
            }
        }
    }

    [Fact]
    public async Task CountsThatAnSdkCannotReadAreRepairedInTheAnswer()
    {
        using WireAttempt attempt = Begin();
        using var client = new HttpMessageInvoker(new ChatWireHandler(new Server(() => Json(new MemoryStream(Encoding.UTF8.GetBytes(Answer.Replace("100", "100.0", StringComparison.Ordinal)))))));
        using HttpRequestMessage request = Chat("{}");
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        WireAttempt.Current = null;

        Assert.DoesNotContain("100.0", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("100/0/0/0/20/0", attempt.Exchanges[0].Answer!.Tokens());
    }

    [Fact]
    public async Task ABodyThatFailsIsAFailureOfTheBody()
    {
        using WireAttempt attempt = Begin();
        using var client = new HttpMessageInvoker(new ChatWireHandler(new Server(() => Json(new Failing(Encoding.UTF8.GetBytes(Answer), 60)))));
        using HttpRequestMessage request = Chat("{}");
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, TestContext.Current.CancellationToken));
        WireAttempt.Current = null;

        Assert.IsType<IOException>(failure.InnerException);
        WireExchange exchange = attempt.Exchanges[0];
        Assert.Same(failure.InnerException, exchange.BodyFailure);
        Assert.Equal((WireBilling.Answered, false), (exchange.Billing, exchange.Answer!.IsComplete));
    }

    [Fact]
    public async Task ABodyBeyondTheLimitIsGivenUp()
    {
        using WireAttempt attempt = Begin();
        using var client = new HttpMessageInvoker(new ChatWireHandler(new Server(() => Content("stream"))) { MaxAnswerBytes = 50 });
        using HttpRequestMessage request = Chat("{}");
        await Assert.ThrowsAsync<WireLimitException>(() => client.SendAsync(request, TestContext.Current.CancellationToken));
        WireAttempt.Current = null;

        Assert.IsType<WireLimitException>(attempt.Exchanges[0].BodyFailure);
        Assert.Equal(WireBilling.Answered, attempt.Exchanges[0].Billing);
    }

    [Theory]
    [InlineData(true, "https://api.openai.com/v1/chat/completions", 2)]
    [InlineData(false, "https://api.openai.com/v1/chat/completions", 1)]
    [InlineData(false, "https://api.openai.com/v1/responses", 2)]
    [InlineData(false, "https://example.com/ask", 2)]
    public async Task ARequestIsReadIfSomethingIsDecidedByIt(bool isBudgeted, string address, int written)
    {
        using var attempt = new WireAttempt(new FreeCover()) { IsBudgeted = isBudgeted };
        using var client = new HttpMessageInvoker(new ChatWireHandler(new Server(() => Content("stream"))));
        var content = new Counted();
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        WireAttempt.Current = attempt;
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        WireAttempt.Current = null;

        Assert.Equal(written, content.Written);
        Assert.Equal("100/0/0/0/20/0", attempt.Exchanges[0].Answer!.Tokens());
    }

    [Fact]
    public void AStreamedAnswerToARequestThatWasNotReadIsReadAsOne()
    {
        using var attempt = new WireAttempt(new FreeCover()) { IsBudgeted = false };
        var request = WireRequest.Of(new WireRoute(WireProtocol.ChatCompletions), isStreaming: false);
        WireExchange exchange = attempt.Begin(request, Chat("{}"));
        using var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        response.Content.Headers.ContentType = new("text/event-stream");
        exchange.OnResponse(response, WireLimits.Of(1_000));
        using Stream body = exchange.Wrap(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(WireAnswers.Chunk(WireAnswers.There), 100)))));

        body.CopyTo(Stream.Null);

        Assert.Null(exchange.BodyFailure);
        Assert.Equal(900, exchange.Answer!.TextBytes);
        Assert.Same(request, WireRequest.Of(new WireRoute(WireProtocol.ChatCompletions), isStreaming: false));
    }

    [Fact]
    public void AReaderThatIsUsedAgainHasForgottenEverything()
    {
        var used = WireAnswerReader.Rent(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        used.SetCostHeader("0.5");
        used.SetFromCache();
        used.Feed("\uFEFFdata: {\"error\":{\"code\":1},\"usage\":{\"prompt_tokens\":1.5,\"prompt_tokens_details\":{\"cached_tokens\":1}},\"service_tier\":\"flex\"}\r\ndata: {\"x"u8);
        used.End();
        _ = used.ToAnswer();
        used.Return();

        Compare(typeof(WireAnswerReader), used, new WireAnswerReader(WireProtocol.None, null, false, null!), except: "_scanner");
        Assert.Same(used, WireAnswerReader.Rent(WireProtocol.None, null, false, null!));
    }

    [Fact]
    public void ACollectorOfAnswersThatIsUsedAgainHasForgottenEverything()
    {
        var used = new WireAnswerFacts(WireProtocol.Responses);
        foreach (FieldInfo field in Fields(typeof(WireAnswerFacts)))
        {
            Type type = Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType;
            field.SetValue(used, type switch
            {
                _ when type == typeof(string) => "text",
                _ when type == typeof(bool) => true,
                { IsEnum: true } => Enum.ToObject(type, 7),
                { IsPrimitive: true } => Convert.ChangeType(7, type, CultureInfo.InvariantCulture),
                { IsValueType: true } => Filled(type),
                _ => System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type),
            });
        }

        used.Forget();

        Compare(typeof(WireAnswerFacts), used, new WireAnswerFacts(WireProtocol.None));
    }

    private static WireAttempt Begin() => WireAttempt.Current = new WireAttempt(new FreeCover());

    private static object Filled(Type type)
    {
        object value = Activator.CreateInstance(type)!;
        foreach (FieldInfo field in Fields(type).Where(field => field.FieldType == typeof(long) || field.FieldType == typeof(bool) || field.FieldType == typeof(uint)))
        {
            field.SetValue(value, Convert.ChangeType(1, field.FieldType, CultureInfo.InvariantCulture));
        }

        return value;
    }

    private static void Compare(Type type, object used, object fresh, string? except = null)
    {
        foreach (FieldInfo field in Fields(type).Where(field => field.Name != except && !typeof(JsonVisitor).IsAssignableFrom(field.FieldType)))
        {
            Assert.True(Equals(field.GetValue(fresh), field.GetValue(used)), $"{type.Name}.{field.Name} is {field.GetValue(used)}.");
        }
    }

    private static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);

    private static async Task<string> ReadAsync(HttpContent content, int way)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        switch (way)
        {
            case 0:
                return await content.ReadAsStringAsync(token);
            case 1:
                using (var reader = new StreamReader(await content.ReadAsStreamAsync(token)))
                {
                    return await reader.ReadToEndAsync(token);
                }

            case 2:
                using (var copy = new MemoryStream())
                {
                    await content.CopyToAsync(copy, token);
                    return Encoding.UTF8.GetString(copy.ToArray());
                }

            default:
                await content.LoadIntoBufferAsync(token);
                return Encoding.UTF8.GetString(await content.ReadAsByteArrayAsync(token));
        }
    }

    private static HttpRequestMessage Chat(string body) =>
        new(HttpMethod.Post, "https://api.openai.com/v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static StreamContent Json(Stream body)
    {
        var content = new StreamContent(body);
        content.Headers.ContentType = new("application/json");
        return content;
    }

    private static HttpContent Content(string kind)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Answer);
        switch (kind)
        {
            case "string":
                return new StringContent(Answer, Encoding.UTF8, "application/json");
            case "bytes" or "bytes opened":
                var content = new ByteArrayContent(bytes);
                content.Headers.ContentType = new("application/json");
                if (kind == "bytes opened")
                {
                    _ = content.ReadAsStream().ReadByte();
                }

                return content;
            case "one way":
                return Json(new OneWay(bytes));
            case "behind its beginning":
                var body = new MemoryStream([.. "before"u8, .. bytes]);
                body.Position = 6;
                return Json(body);
            default:
                StreamContent stream = Json(new MemoryStream(bytes));
                if (kind == "buffered stream")
                {
                    stream.LoadIntoBufferAsync().GetAwaiter().GetResult();
                }
                else if (kind == "with its length")
                {
                    stream.Headers.ContentLength = bytes.Length;
                }
                else if (kind == "opened")
                {
                    _ = stream.ReadAsStream();
                }

                return stream;
        }
    }

    private sealed class Server(Func<HttpContent> content) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = content(), RequestMessage = request };
        }
    }

    private sealed class FreeCover : IWireCover
    {
        public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
    }

    private sealed class OneWay(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    private sealed class Failing(byte[] bytes, int at) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => Position >= at ? throw new IOException("cut") : base.Read(buffer, offset, (int)Math.Min(count, at - Position));

        public override int Read(Span<byte> buffer) => Position >= at ? throw new IOException("cut") : base.Read(buffer[..(int)Math.Min(buffer.Length, at - Position)]);
    }

    private sealed class Counted : HttpContent
    {
        private static readonly byte[] Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}"""u8.ToArray();

        public Counted() => Headers.ContentType = new("application/json");

        public int Written { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Written++;
            return stream.WriteAsync(Body).AsTask();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Body.Length;
            return true;
        }
    }
}
