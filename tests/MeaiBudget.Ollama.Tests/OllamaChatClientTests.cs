using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OllamaSharp;

namespace MeaiBudget.Tests;

public class OllamaChatClientTests : ProviderContract
{
    protected override SimulatedProvider Provider => SimulatedProvider.Ollama;

    protected override string ModelId => "llama3.2";

    protected override ChatApi Api => ChatApi.Ollama;

    private protected override IChatClient Create(Action<ProviderClientOptions>? configure = null, Uri? baseUrl = null) =>
        CreateOllama(configure, baseUrl);

    private protected override IChatClient CreateOwn(HttpClient http)
    {
        http.BaseAddress = Simulator.OllamaBaseUrl;
        return new OllamaApiClient(http, ModelId).WithOllamaProvider();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task E7_UsageThatWasNotCountedIsNoUsage(bool streaming)
    {
        Simulator.Ollama.Enqueue(SimulatedResponse.Text("one two").WithoutUsage());
        using IChatClient client = Create();
        ChatResponse response = await AskAsync(client, streaming);
        Assert.Equal("one two", response.Text);
        Assert.Null(response.Usage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task H1_TheContextWindowIsAskedForWhereTheCallerAsksForNone(bool streaming)
    {
        using IChatClient client = CreateOllama(options => ((OllamaChatClientOptions)options).ContextLength = 16_384);
        var options = new ChatOptions();
        await AskAsync(client, streaming, options);
        Assert.Equal(16_384, ContextLength());
        Assert.Null(options.AdditionalProperties);

        await AskAsync(client, streaming, new ChatOptions { AdditionalProperties = new() { ["num_ctx"] = 2_048 } });
        Assert.Equal(2_048, ContextLength());

        int ContextLength() => Simulator.Ollama.ChatRequests[^1].Json.GetProperty("options").GetProperty("num_ctx").GetInt32();
    }

    [Theory]
    [InlineData(false, 2_051, true)]
    [InlineData(true, 2_051, true)]
    [InlineData(false, 7_800, false)]
    [InlineData(true, 8_100, false)]
    public async Task H1_ARequestThatTheServerCutIsReported(bool streaming, long reported, bool isCut)
    {
        Simulator.Ollama.Enqueue(SimulatedResponse.Text("ok").WithUsage(reported, 1));
        List<OllamaInputTruncation> seen = [];
        using IChatClient client = CreateOllama(options => Configure((OllamaChatClientOptions)options, seen));
        await AskAsync(client, streaming);
        Assert.Equal(isCut ? [new OllamaInputTruncation(ModelId, 8_000, reported, 4_096)] : [], seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task H1_ARequestThatTheServerCutCanBeRefused(bool streaming)
    {
        Simulator.Ollama.Enqueue(SimulatedResponse.Text("ok").WithUsage(2_051, 1));
        using IChatClient client = CreateOllama(options =>
        {
            Configure((OllamaChatClientOptions)options, []);
            ((OllamaChatClientOptions)options).ThrowWhenInputTruncated = true;
        });
        ChatFailure failure = await FailAsync(client, streaming);
        Assert.Equal(
            (ChatFailureKind.ContextLengthExceeded, streaming ? ChatFailurePhase.MidStream : ChatFailurePhase.Ambiguous), (failure.Kind, failure.Phase));
    }

    [Fact]
    public async Task F11_AStreamThatTheCallerCancelsDoesNotEndAsIfItWereComplete()
    {
        using var caller = new CancellationTokenSource();
        Simulator.Ollama.Enqueue(SimulatedResponse.Text("one two three four").StallAfter(2));
        using IChatClient client = Create();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello", cancellationToken: caller.Token))
            {
                await caller.CancelAsync();
            }
        });
    }

    [Theory]
    [InlineData("""{"error":"llama3.2 does not support tools"}""", ChatFailureKind.InvalidRequest, true)]
    [InlineData("""{"error":"prompt too long; exceeded max context length by 4 tokens"}""", ChatFailureKind.ContextLengthExceeded, true)]
    [InlineData("""{"error":"invalid message format"}""", ChatFailureKind.InvalidRequest, false)]
    public async Task F6_ARejectedRequestIsRecognisedByItsWords(string body, ChatFailureKind kind, bool elsewhere)
    {
        Simulator.Ollama.Enqueue(SimulatedResponse.Raw(body, 400));
        using IChatClient client = Create();
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((kind, elsewhere), (failure.Kind, failure.CanAnotherProviderHelp));
    }

    [Fact]
    public async Task AKeyIsSentToTheCloud()
    {
        using IChatClient client = Create(options => options.ApiKey = "cloud-key");
        await AskAsync(client, false);
        Assert.Equal("Bearer cloud-key", Simulator.Ollama.ChatRequests[^1].Header("Authorization"));
    }

    [Fact]
    public void AContextLengthThatIsNoneIsATypedError() =>
        Assert.Throws<ProviderConfigurationException>(() => CreateOllama(options => ((OllamaChatClientOptions)options).ContextLength = 0));

    private IChatClient CreateOllama(Action<ProviderClientOptions>? configure, Uri? baseUrl = null)
    {
        var options = new OllamaChatClientOptions { BaseUrl = (baseUrl ?? Simulator.OllamaBaseUrl).ToString(), ModelId = ModelId };
        configure?.Invoke(options);
        return OllamaChatClientFactory.Create(options);
    }

    private static void Configure(OllamaChatClientOptions options, List<OllamaInputTruncation> seen)
    {
        options.ContextLength = 4_096;
        options.TokenEstimator = new FixedEstimator();
        options.InputTruncated = seen.Add;
    }

    private sealed class FixedEstimator : ITokenEstimator
    {
        public ValueTask<TokenEstimate> EstimateAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default) =>
            new(new TokenEstimate(8_000, 9_000, TokenEstimateSource.Heuristic));
    }
}
