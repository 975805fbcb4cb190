using System.Globalization;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What every provider's client must do, tried with its real SDK against the simulator.</summary>
public abstract class ProviderContract : IAsyncLifetime
{
    private ProviderSimulator? _simulator;

    protected abstract SimulatedProvider Provider { get; }

    protected abstract string ModelId { get; }

    /// <summary>The wire format that token estimates go by.</summary>
    protected abstract ChatApi Api { get; }

    protected ProviderSimulator Simulator => _simulator!;

    private ProviderScript Script => Simulator.Script(Provider);

    private protected abstract IChatClient Create(Action<ProviderClientOptions>? configure = null, Uri? baseUrl = null);

    /// <summary>A client that the app made with the SDK alone, retries off, and handed to the With...Failures method.</summary>
    private protected abstract IChatClient CreateOwn(HttpClient http);

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Simulator.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void ItStatesItsWireFormat()
    {
        using IChatClient client = Create();
        using var http = new HttpClient();
        using IChatClient own = CreateOwn(http);
        Assert.Equal(Api, client.GetService(typeof(ChatApi)));
        Assert.Equal(Api, own.GetService(typeof(ChatApi)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAnswerComesWithItsUsage(bool streaming)
    {
        Script.Enqueue(SimulatedResponse.Text("one two three").WithUsage(11, 3));
        using IChatClient client = Create();
        ChatResponse response = await AskAsync(client, streaming);
        Assert.Equal("one two three", response.Text);
        Assert.NotNull(response.Usage);
        BillableUsage usage = Normalize(client, response);
        Assert.Equal((11, 3), (usage.InputTokens, usage.OutputTokens));
    }

    [Theory]
    [InlineData(429, false)]
    [InlineData(429, true)]
    [InlineData(500, false)]
    [InlineData(503, true)]
    [InlineData(529, false)]
    [InlineData(408, false)]
    public async Task F1_AFailedCallIsExactlyOneRequestOnTheWire(int status, bool streaming)
    {
        Script.Default = SimulatedResponse.Error(status);
        using IChatClient client = Create();
        await FailAsync(client, streaming);
        Assert.Single(Script.ChatRequests);
        Assert.Single(Wire!.Exchanges);
    }

    /// <summary>A proxy in front of the provider answers, so its body is a page and not the provider's error.</summary>
    [Theory]
    [InlineData(408, ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous)]
    [InlineData(424, ChatFailureKind.ServerError, ChatFailurePhase.Rejected)]
    [InlineData(460, ChatFailureKind.Network, ChatFailurePhase.Ambiguous)]
    [InlineData(499, ChatFailureKind.Network, ChatFailurePhase.Ambiguous)]
    [InlineData(502, ChatFailureKind.ServerError, ChatFailurePhase.Rejected)]
    [InlineData(504, ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous)]
    [InlineData(520, ChatFailureKind.Network, ChatFailurePhase.Ambiguous)]
    [InlineData(521, ChatFailureKind.Network, ChatFailurePhase.Rejected)]
    [InlineData(522, ChatFailureKind.Network, ChatFailurePhase.Ambiguous)]
    [InlineData(523, ChatFailureKind.Network, ChatFailurePhase.Rejected)]
    [InlineData(524, ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous)]
    [InlineData(525, ChatFailureKind.Network, ChatFailurePhase.Rejected)]
    [InlineData(527, ChatFailureKind.Network, ChatFailurePhase.Ambiguous)]
    [InlineData(529, ChatFailureKind.Overloaded, ChatFailurePhase.Rejected)]
    [InlineData(530, ChatFailureKind.Network, ChatFailurePhase.Rejected)]
    [InlineData(598, ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous)]
    public async Task F6_AStatusOfAProxySaysWhetherTheModelMayHaveRun(int status, ChatFailureKind kind, ChatFailurePhase phase)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            Script.Enqueue(SimulatedResponse.Error(status, $"error code: {status}"));
            using IChatClient client = Create();
            ChatFailure failure = await FailAsync(client, streaming);
            Assert.Equal((kind, phase, status), (failure.Kind, failure.Phase, failure.StatusCode));
            Assert.Equal(failure.ShouldRetry ?? true, failure.IsTransient);
            Assert.True(failure.CanAnotherProviderHelp);
        }
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("2.5", 2.5)]
    [InlineData("86400000", 86_400)]
    [InlineData("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
    public async Task F4_RetryAfterIsKnownThoughTheSdkMayHideIt(string header, double seconds)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            Script.Enqueue(SimulatedResponse.RateLimited(header));
            using IChatClient client = Create();
            ChatFailure failure = await FailAsync(client, streaming);
            Assert.Equal((ChatFailureKind.RateLimited, ChatFailurePhase.Rejected, 429), (failure.Kind, failure.Phase, failure.StatusCode));
            Assert.Equal(TimeSpan.FromSeconds(seconds), failure.RetryAfter);
            Assert.True(failure.IsTransient);
        }
    }

    [Fact]
    public async Task F4_RetryAfterOfGarbageIsNotSaid()
    {
        Script.Enqueue(SimulatedResponse.RateLimited("soon"));
        using IChatClient client = Create();
        Assert.Null((await FailAsync(client, false)).RetryAfter);
    }

    public static TheoryData<string, ChatFailureKind> Faults => new()
    {
        { "overloaded", ChatFailureKind.Overloaded },
        { "unauthorized", ChatFailureKind.Authentication },
        { "model", ChatFailureKind.InvalidRequest },
        { "server", ChatFailureKind.ServerError },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task F6_TheProvidersOwnErrorsAreRecognised(string fault, ChatFailureKind kind)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            Script.Enqueue(fault switch
            {
                "overloaded" => SimulatedResponse.Overloaded(),
                "unauthorized" => SimulatedResponse.Unauthorized(),
                "model" => SimulatedResponse.ModelNotFound(),
                _ => SimulatedResponse.ServerError(),
            });
            using IChatClient client = Create();
            ChatFailure failure = await FailAsync(client, streaming);
            Assert.Equal((kind, ChatFailurePhase.Rejected), (failure.Kind, failure.Phase));
            Assert.True(failure.CanAnotherProviderHelp);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task H2_ARefusedConnectionWasNotSent(bool streaming)
    {
        using IChatClient client = Create(baseUrl: Simulator.ConnectionRefusedUrl);
        ChatFailure failure = await FailAsync(client, streaming);
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.NotSent, (int?)null), (failure.Kind, failure.Phase, failure.StatusCode));
    }

    [Fact]
    public async Task AHostThatDoesNotExistWasNotSent()
    {
        using IChatClient client = Create(baseUrl: new Uri("http://no-such-host.invalid"));
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.NotSent), (failure.Kind, failure.Phase));
    }

    [Fact]
    public async Task AServerThatDoesNotSpeakTlsWasNotSent()
    {
        using IChatClient client = Create(baseUrl: new UriBuilder(Simulator.BaseUrl) { Scheme = "https" }.Uri);
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.NotSent), (failure.Kind, failure.Phase));
    }

    [Fact]
    public async Task F8_ATimeoutIsAmbiguousAndNoCancellation()
    {
        Script.Enqueue(SimulatedResponse.Text("late").WaitFor(new TaskCompletionSource().Task));
        using IChatClient client = Create(options => options.Timeout = TimeSpan.FromMilliseconds(200));
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.Timeout, ChatFailurePhase.Ambiguous), (failure.Kind, failure.Phase));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F11_OnlyTheCallersTokenMeansCancelled(bool streaming)
    {
        using var caller = new CancellationTokenSource();
        Script.Enqueue(SimulatedResponse.From(_ =>
        {
            caller.Cancel();
            return SimulatedResponse.Text("late").WaitFor(new TaskCompletionSource().Task);
        }));
        using IChatClient client = Create();
        ChatFailure failure = await FailAsync(client, streaming, caller.Token);
        Assert.Equal((ChatFailureKind.Cancelled, ChatFailurePhase.Ambiguous), (failure.Kind, failure.Phase));
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task ADroppedConnectionIsAmbiguous()
    {
        Script.Enqueue(SimulatedResponse.ConnectionDropped());
        using IChatClient client = Create();
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.Ambiguous), (failure.Kind, failure.Phase));
    }

    [Fact]
    public async Task G5_AStreamThatDropsAfterContentFailsMidStream()
    {
        Script.Enqueue(SimulatedResponse.Text("one two three four").DropAfter(2));
        using IChatClient client = Create();
        ChatFailure failure = await FailAsync(client, streaming: true);
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.MidStream), (failure.Kind, failure.Phase));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(2, true)]
    public async Task G7_AnErrorInsideASuccessIsRaised(int pieces, bool streaming)
    {
        Script.Enqueue(SimulatedResponse.Text("one two three four").ErrorAfter(pieces));
        using IChatClient client = Create();
        ChatFailure failure = await FailAsync(client, streaming);
        Assert.NotEqual(ChatFailureKind.Unknown, failure.Kind);
        Assert.True(failure.IsTransient, failure.ToString());
        Assert.Equal(pieces > 0 ? ChatFailurePhase.MidStream : failure.Phase, failure.Phase);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AMalformedAnswerIsAServerErrorThatMayHaveBeenBilled(bool streaming)
    {
        Script.Enqueue(SimulatedResponse.Text("one two three").MalformedAfter(0));
        using IChatClient client = Create();
        ChatFailure failure = await FailAsync(client, streaming);
        Assert.Equal((ChatFailureKind.ServerError, ChatFailurePhase.Ambiguous), (failure.Kind, failure.Phase));
    }

    [Fact]
    public async Task E10_AStreamThatJustEndsHasNeitherFinishReasonNorUsage()
    {
        Script.Enqueue(SimulatedResponse.Text("one two three four").EndAfter(2));
        using IChatClient client = Create();
        try
        {
            ChatResponse response = await AskAsync(client, streaming: true);
            Assert.Null(response.FinishReason);
            Assert.Null(response.Usage);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Assert.True(ChatFailureClassification.Classify(exception, client.GetService<IChatFailureClassifier>(), true, default, Wire).IsTransient);
        }
    }

    [Theory]
    [InlineData(null, 0.3)]
    [InlineData(0.0, 0.0)]
    [InlineData(0.9, 0.9)]
    public async Task TheDefaultTemperatureIsThreeTenthsAndAnExplicitZeroStays(double? asked, double sent)
    {
        using IChatClient client = Create();
        var options = new ChatOptions { Temperature = (float?)asked };
        foreach (bool streaming in (bool[])[false, true])
        {
            await AskAsync(client, streaming, options);
            Assert.Equal(sent, Temperature(Script.ChatRequests[^1]));
        }

        Assert.Equal((float?)asked, options.Temperature);
        if (asked is null)
        {
            await client.GetResponseAsync("hello");
            Assert.Equal(sent, Temperature(Script.ChatRequests[^1]));
        }
    }

    [Fact]
    public async Task AModelThatRejectsATemperatureGetsNone()
    {
        using IChatClient client = Create(options => options.AcceptsTemperature = id => id != "thinker");
        await AskAsync(client, false, new ChatOptions { ModelId = "thinker" });
        Assert.Null(Temperature(Script.ChatRequests[^1]));
        using IChatClient without = Create(options => options.DefaultTemperature = null);
        await AskAsync(without, false);
        Assert.Null(Temperature(Script.ChatRequests[^1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheModelMapTurnsALogicalNameIntoTheProvidersId(bool streaming)
    {
        using IChatClient client = Create(options => options.ModelMap["fast"] = "the-provider-s-fast-one");
        var options = new ChatOptions { ModelId = "fast" };
        await AskAsync(client, streaming, options);
        Assert.Equal("the-provider-s-fast-one", Script.ChatRequests[^1].Model);
        Assert.Equal("fast", options.ModelId);
        await AskAsync(client, streaming, new ChatOptions { ModelId = "another" });
        Assert.Equal("another", Script.ChatRequests[^1].Model);
        await AskAsync(client, streaming);
        Assert.Equal(ModelId, Script.ChatRequests[^1].Model);
        Assert.Equal("the-provider-s-fast-one", client.GetService<ProviderChatClient>()!.ResolveModelId("FAST"));
        Assert.Equal(ModelId, client.GetService<ProviderChatClient>()!.ResolveModelId(null));
    }

    [Fact]
    public async Task ALogicalNameCanBeTheDefaultModel()
    {
        using IChatClient client = Create(options =>
        {
            options.ModelId = "fast";
            options.ModelMap["fast"] = "the-provider-s-fast-one";
        });
        await AskAsync(client, false);
        Assert.Equal("the-provider-s-fast-one", Script.ChatRequests[^1].Model);
    }

    [Fact]
    public void TheLayersFindWhatTheyNeed()
    {
        using IChatClient client = Create();
        Assert.NotNull(client.GetService<IChatFailureClassifier>());
        Assert.NotNull(client.GetService<IUsageNormalizer>());
        Assert.NotNull(client.GetService<ChatClientMetadata>());
        Assert.Equal(ModelId, client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Null(client.GetService(typeof(IUsageNormalizer), "key"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AClientThatTheAppMadeIsUnderstoodToo(bool streaming)
    {
        using HttpClient http = ChatWireHandler.CreateClient();
        using IChatClient client = CreateOwn(http);
        Script.Enqueue(SimulatedResponse.RateLimited("7"));
        ChatFailure failure = await FailAsync(client, streaming);
        Assert.Equal((ChatFailureKind.RateLimited, TimeSpan.FromSeconds(7)), (failure.Kind, failure.RetryAfter));
        Script.Enqueue(SimulatedResponse.Text("ok").WithUsage(5, 1));
        ChatResponse response = await AskAsync(client, streaming);
        Assert.Equal(5, Normalize(client, response).InputTokens);
        Assert.Null(Temperature(Script.ChatRequests[^1]));
    }

    [Fact]
    public async Task F1_AnSdkThatRetriesByItselfIsCounted()
    {
        Script.Default = SimulatedResponse.ServerError();
        using var http = new HttpClient(new ChatWireHandler(new TwiceHandler()));
        using IChatClient client = CreateOwn(http);
        await FailAsync(client, false);
        Assert.Single(Wire!.Exchanges);
        using var nested = new HttpClient(new TwiceHandler { InnerHandler = new ChatWireHandler(new SocketsHttpHandler()) });
        using IChatClient retrying = CreateOwn(nested);
        await FailAsync(retrying, false);
        Assert.Equal(2, Wire!.Exchanges.Count);
    }

    [Theory]
    [InlineData("not a url")]
    [InlineData("localhost:11434")]
    [InlineData("ftp://example.com")]
    [InlineData("http://")]
    [InlineData("https://user:secret@example.com")]
    [InlineData("https://example.com/?key=secret")]
    public void ABaseUrlThatIsNotOneIsATypedErrorThatSaysWhatToDo(string baseUrl)
    {
        ProviderConfigurationException exception = Assert.Throws<ProviderConfigurationException>(() => Create(options => options.BaseUrl = baseUrl));
        Assert.Equal("BaseUrl", exception.Setting);
        Assert.Contains("BaseUrl", exception.Message + "Set BaseUrl", StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ModelId")]
    [InlineData("Timeout")]
    public void ASettingThatCannotWorkIsATypedError(string setting)
    {
        ProviderConfigurationException exception = Assert.Throws<ProviderConfigurationException>(() => Create(options =>
        {
            options.ModelId = setting == "ModelId" ? " " : options.ModelId;
            options.Timeout = setting == "Timeout" ? TimeSpan.Zero : options.Timeout;
        }));
        Assert.Equal(setting, exception.Setting);
        Assert.Contains("Set " + setting, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AKeyThatNoKeyCanBeIsNotRepeated()
    {
        ProviderConfigurationException exception = Assert.Throws<ProviderConfigurationException>(() => Create(options => options.ApiKey = "sk-verysecret\n"));
        Assert.Equal("ApiKey", exception.Setting);
        Assert.DoesNotContain("verysecret", exception.ToString(), StringComparison.Ordinal);
    }

    private protected WireAttempt? Wire { get; private set; }

    private protected static BillableUsage Normalize(IChatClient client, ChatResponse response) =>
        client.GetService<IUsageNormalizer>()!.Normalize(response.Usage!, response.RawRepresentation);

    private protected async Task<ChatResponse> AskAsync(
        IChatClient client, bool streaming, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Observe();
        return streaming
            ? await client.GetStreamingResponseAsync("hello", options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync("hello", options, cancellationToken);
    }

    private protected async Task<ChatFailure> FailAsync(IChatClient client, bool streaming, CancellationToken callerToken = default)
    {
        Observe();
        bool shown = false;
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            if (!streaming)
            {
                await client.GetResponseAsync("hello", cancellationToken: callerToken);
                return;
            }

            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello", cancellationToken: callerToken))
            {
                shown |= update.Text.Length > 0;
            }
        });
        return ChatFailureClassification.Classify(exception, client.GetService<IChatFailureClassifier>(), shown, callerToken, Wire);
    }

    private void Observe()
    {
        Wire?.Dispose();
        Wire = FreeSends.Begin();
    }

    private static double? Temperature(SimulatedRequest request)
    {
        JsonElement body = request.Json;
        if (body.TryGetProperty("options", out JsonElement options))
        {
            body = options;
        }

        return body.TryGetProperty("temperature", out JsonElement temperature) ? Math.Round(double.Parse(temperature.GetRawText(), CultureInfo.InvariantCulture), 4) : null;
    }

    /// <summary>Simulates an SDK that retries once.</summary>
    private sealed class TwiceHandler : DelegatingHandler
    {
        public TwiceHandler()
            : base(new SocketsHttpHandler())
        {
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.LoadIntoBufferAsync(cancellationToken);
            (await base.SendAsync(request, cancellationToken)).Dispose();
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
