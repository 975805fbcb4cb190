using System.Net;
using System.Text;

namespace MeaiBudget.Tests;

public class ProviderErrorDetectionTests
{
    private const string Content = "data: {\"choices\":[{\"delta\":{\"content\":\"an \\\"error\\\": {} in words\"}}],\"error\":null}\n\n";
    private const string Error = "data: {\"id\":\"x\",\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\",\"code\":\"engine_overloaded\"}}\n\n";

    [Fact]
    public async Task G7_WhereverAStreamIsCutIntoPiecesItsErrorIsFoundAndWhatCameBeforeIsDelivered()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Content + Error + "data: [DONE]\n\n");
        for (int split = 1; split < bytes.Length; split++)
        {
            (string? text, Exception? exception) = await ReadAsync(new PiecewiseStream(bytes, split));
            Assert.Equal(ChatFailureKind.Overloaded, Assert.IsType<ProviderErrorInResponseException>(exception).Failure.Kind);
            Assert.Equal(ChatFailurePhase.Ambiguous, ((ProviderErrorInResponseException)exception).Failure.Phase);
            Assert.StartsWith(Content, text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"x\"}}", true)]
    [InlineData("data:{\"error\":{\"message\":\"x\"}}\r\n\r\n", true)]
    [InlineData("{\"error\":\"an error was encountered while running the model\"}\n", true)]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"code\":\"x\",\"message\":\"the \\\"error\\\"\"}\n\n", true)]
    [InlineData("data: {\"type\":\"error\",\"error\":{\"code\":\"x\"}}\n\n", true)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\"}}}\n\n", true)]
    [InlineData("data: {\"type\":\"response.created\",\"response\":{\"error\":null}}\n\n", false)]
    [InlineData("data: {\"delta\":\"{\\\"error\\\":{}}\"}\n\n", false)]
    [InlineData("data: {\"error\":null,\"choices\":[]}\n\n", false)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"error\":null}}\n\n", true)]
    [InlineData("data: {\"type\":\"error\",\"error\" : null}\n\n", true)]
    [InlineData("data: {\"error\" :\t null,\"object\":\"error\"}\n\n", true)]
    [InlineData("data: {\"a\":{\"error\":null},\"error\":{\"code\":\"x\"}}\n\n", true)]
    [InlineData("data: {\"a\":{\"error\": null},\"error\": nullified}\n\n", false)]
    [InlineData("data: {\"error\"\n\n", false)]
    [InlineData("data: {\"error\":{}}\n\n", false)]
    [InlineData("data: {\"error\":{\"code\":0,\"details\":[{\"message\":\"\"},null,false]},\"x\":1}\n\n", false)]
    [InlineData("data: {\"error\":{\"code\":0,\"details\":[{\"message\":\"x\"}]}}\n\n", true)]
    [InlineData("data: {\"error\":\"\"}\n\n", false)]
    [InlineData("data: {\"error\":true}\n\n", true)]
    [InlineData("[{\"error\":{\"code\":500}}]\n", true)]
    [InlineData("[[{\"error\":{\"code\":500}}]]\n", false)]
    [InlineData("data: {\"base_resp\":{\"status_msg\":\"\",\"status_code\":1013}}\n\n", true)]
    [InlineData("data: {\"base_resp\":{\"status_code\":0,\"status_msg\":\"success\"}}\n\n", false)]
    [InlineData("data: {\"error_code\":17,\"error_msg\":\"x\"}\n\n", true)]
    [InlineData("data: {\"error_code\":0,\"result\":\"x\"}\n\n", false)]
    [InlineData("data: {\"errors\":[{\"message\":\"x\"}],\"success\":false}\n\n", true)]
    [InlineData("data: {\"errors\":[],\"success\":false}\n\n", false)]
    [InlineData("data: {\"errors\":[{\"message\":\"x\"}],\"success\":true}\n\n", false)]
    [InlineData("\"error\"\n", false)]
    [InlineData(": comment \"error\"\n\n", false)]
    [InlineData("", false)]
    public async Task OnlyAnErrorReportIsOne(string body, bool isError)
    {
        (string? text, Exception? exception) = await ReadAsync(new PiecewiseStream(Encoding.UTF8.GetBytes(body), 1_000));
        Assert.Equal(isError, exception is ProviderErrorInResponseException);
        Assert.True(isError ? body.StartsWith(text, StringComparison.Ordinal) : body == text, text);
        if (exception is ProviderErrorInResponseException error)
        {
            Assert.Equal(ChatFailurePhase.Rejected, error.Failure.Phase);
        }
    }

    [Fact]
    public async Task ALineOfAnyLengthPassesAndMemoryStaysBounded()
    {
        string body = "data: {\"error\":\"" + new string('x', 300_000) + "\"}\n\n" + Error;
        (string? text, Exception? exception) = await ReadAsync(new PiecewiseStream(Encoding.UTF8.GetBytes(body), 4_096));
        Assert.IsType<ProviderErrorInResponseException>(exception);
        Assert.StartsWith(body[..300_010], text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/completions", "data: {\"object\":\"chunk\",\"n\":7,\"message\":\"x\"}\n\n", "data: {\"object\":\"error\",\"n\":8,\"message\":\"y\"}\n\n")]
    [InlineData("/v1/responses", "data: {\"object\":\"chunk\",\"n\":7,\"message\":\"x\"}\n\n", "data: {\"object\":\"error\",\"n\":8,\"message\":\"y\"}\n\n")]
    [InlineData("/v1/messages", "data: {\"type\":\"ping\",\"text\":\"x\"}\n\n", "data: {\"type\":\"error\",\"text\":\"y\"}\n\n")]
    [InlineData("/v1/chat/completions", "data: {\"text\":\"x\",\"error\":null}\r\n\r\n", "data: {\"text\":\"y\",\"error\":\"z\"}\r\n\r\n")]
    [InlineData("/v1/chat/completions", "data: {\"text\":\"x\",\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}\n\n", "data: {\"text\":\"y\",\"base_resp\":{\"status_code\":1002,\"status_msg\":\"\"}}\n\n")]
    [InlineData("/v1/chat/completions", "data: {\"text\":\"x\",\"error_code\":0}\n\n", "data: {\"text\":\"y\",\"error_code\":4}\n\n")]
    [InlineData("/v1/chat/completions", "data: {\"text\":\"x\"}\n\n", "data: [DONE]\n\ndata: {\"error\":\"z\"}\n\n")]
    public async Task AnErrorAfterRepeatedEventsIsFoundWhereverTheStreamIsCut(string path, string each, string error)
    {
        string before = string.Concat(Enumerable.Repeat(each, 5));
        byte[] bytes = Encoding.UTF8.GetBytes(before + error + each);
        for (int split = 1; split < bytes.Length; split++)
        {
            using var attempt = new WireAttempt(new FreeCover());
            WireAttempt.Current = attempt;
            (string text, Exception? exception) = await ReadAsync(new PiecewiseStream(bytes, split), path);
            WireAttempt.Current = null;
            Assert.Equal(ChatFailurePhase.Ambiguous, Assert.IsType<ProviderErrorInResponseException>(exception).Failure.Phase);
            Assert.StartsWith(before, text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("application/json", "{\"error\":{\"message\":\"Provider returned error\",\"code\":429}}", 200, true)]
    [InlineData("application/json", "{\"choices\":[],\"error\":null}", 200, false)]
    [InlineData("application/json", "{\"error\":{\"message\":\"no\"}}", 400, false)]
    [InlineData("text/html", "{\"error\":{\"message\":\"no\"}}", 200, false)]
    public async Task AnErrorInTheBodyOfASuccessIsRaised(string mediaType, string body, int status, bool isError)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        using var client = new HttpMessageInvoker(new ChatWireHandler(new AnswerHandler(response)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/v1/chat/completions");
        if (isError)
        {
            ProviderErrorInResponseException exception = await Assert.ThrowsAsync<ProviderErrorInResponseException>(() => client.SendAsync(request, default));
            Assert.Equal((ChatFailureKind.RateLimited, 429), (exception.Failure.Kind, exception.Failure.StatusCode));
            return;
        }

        Assert.Equal(body, await (await client.SendAsync(request, default)).Content.ReadAsStringAsync());
    }

    private static async Task<(string Text, Exception? Exception)> ReadAsync(Stream body, string path = "/v1/chat/completions")
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) };
        response.Content.Headers.ContentType = new("text/event-stream") { CharSet = "utf-8" };
        using var client = new HttpMessageInvoker(new ChatWireHandler(new AnswerHandler(response)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost" + path)
        {
            Content = new StringContent("{\"model\":\"m\",\"stream\":true}", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage answer = await client.SendAsync(request, default);
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        using var text = new MemoryStream();
        byte[] buffer = new byte[4_096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                text.Write(buffer, 0, read);
            }
        }
        catch (ProviderErrorInResponseException exception)
        {
            return (Encoding.UTF8.GetString(text.ToArray()), exception);
        }

        return (Encoding.UTF8.GetString(text.ToArray()), null);
    }

    private sealed class FreeCover : IWireCover
    {
        public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
    }

    private sealed class AnswerHandler(HttpResponseMessage response) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(response);
    }

    /// <summary>Gives its bytes in pieces of a size, as a network does.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, size)], cancellationToken);
    }
}
