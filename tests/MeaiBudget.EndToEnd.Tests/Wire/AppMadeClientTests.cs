using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Bedrock;
using Anthropic.Foundry;
using Azure.AI.OpenAI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using OllamaSharp;
using OllamaSharp.Models.Chat;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;
using Polly;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;

namespace MeaiBudget.Tests;

/// <summary>Clients that the app made itself: one line puts the handler in, and without it a raw request is not sent unseen.</summary>
#pragma warning disable OPENAI001 // The Responses API is experimental.
public sealed class AppMadeClientTests
{
    private static readonly string[] Kinds = ["chat", "responses", "azure", "anthropic", "foundry", "bedrock", "ollama", "litellm"];

    public static TheoryData<bool> Both => StreamModes.Both;

    public static TheoryData<string, bool> Clients
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in Kinds)
            {
                data.Add(kind, false);
                if (kind != "bedrock")
                {
                    data.Add(kind, true);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task OneLineMakesRawRequestsReservedAsTheyAreSent(string kind, bool streaming)
    {
        (IChatClient inner, CannedHandler wire) = Make(kind, streaming, hasLine: true);
        ChatOptions options = Raw(kind, limit: 60_000);
        CostTracker poor = Tracker(0.01m);
        using IChatClient refusing = new ChatClientBuilder(inner).UseBudget(poor).Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => refusing.AskAsync(streaming, options: options));

        Assert.Equal(RefusalReason.Spent, refused.Refusal.Reason);
        Assert.Empty(wire.Requests);

        CostTracker rich = Tracker(100m);
        using IChatClient admitting = new ChatClientBuilder(inner).UseBudget(rich).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await admitting.AskAsync(streaming, options: options);

        Assert.Single(wire.Requests);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal(60_000, attempt.ReservedOutputTokens);
        Assert.Equal((20, 10), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task WithoutTheLineARawRequestIsRefusedWithIt(string kind, bool streaming)
    {
        (IChatClient inner, CannedHandler wire) = Make(kind, streaming, hasLine: false);
        CostTracker tracker = Tracker(100m);
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(tracker).UseRetry().Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: Raw(kind, limit: 60_000)));

        Assert.Equal(RefusalReason.UnseenRawRequest, refused.Refusal.Reason);
        Assert.Contains(kind == "ollama" ? "ChatWireHandler.CreateClient()" : ".AddChatWire()", refused.Message, StringComparison.Ordinal);
        Assert.Contains((inner.GetService<ChatClientMetadata>()?.ProviderName ?? "?") + " client", refused.Message, StringComparison.Ordinal);
        Assert.Contains("UnseenRawRequestBehavior", refused.Message, StringComparison.Ordinal);
        Assert.Empty(wire.Requests);
        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Held);

        await client.AskAsync(streaming);
        Assert.Single(wire.Requests);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AnOptionReservesTheModelsLimitsInstead(bool streaming)
    {
        (IChatClient inner, CannedHandler wire) = Make("chat", streaming, hasLine: false);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseBudget(Tracker(100m), options => options.UnseenRawRequestBehavior = UnseenRawRequestBehavior.ReserveModelLimits).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: Raw("chat", limit: 10));

        Assert.Single(wire.Requests);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        PriceResolution model = PriceCatalog.Default.Resolve("gpt-4.1-mini", "openai");
        Assert.Equal(model.Limits!.MaxOutputTokens, attempt.ReservedOutputTokens);
        Assert.Equal((model.Limits.ContextWindow * 0.0000004m) + (model.Limits.MaxOutputTokens * 0.0000016m), attempt.Reserved);
        Assert.Equal((20, 10), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Fact]
    public async Task ModelLimitsThatAreNotKnownRefuse()
    {
        (IChatClient inner, CannedHandler wire) = Make("ollama", streaming: false, hasLine: false);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseBudget(Tracker(100m), options => options.UnseenRawRequestBehavior = UnseenRawRequestBehavior.ReserveModelLimits).Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(false, options: Raw("ollama", limit: 10)));

        Assert.Equal(RefusalReason.UnseenRawRequest, refused.Refusal.Reason);
        Assert.Empty(wire.Requests);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task FactoryClientsHaveItWhateverTheOrderOfRegistrations(bool addFirst)
    {
        int sent = 0;
        var wire = new CannedHandler(_ => ++sent < 3 ? CannedHandler.Response(503, "{}") : WireAnswerTexts.Chat(streaming: false));
        var services = new ServiceCollection();
        IHttpClientBuilder builder = services.AddHttpClient("models");
        if (addFirst)
        {
            builder.AddChatWire();
        }

        builder.AddStandardResilienceHandler(options =>
        {
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
            options.Retry.BackoffType = DelayBackoffType.Constant;
            options.Retry.UseJitter = false;
        });
        builder.ConfigurePrimaryHttpMessageHandler(() => wire);
        if (!addFirst)
        {
            builder.AddChatWire();
        }

        await using ServiceProvider provider = services.BuildServiceProvider();
        HttpClient http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("models");
        Assert.True(ChatWireHandler.IsIn(http));
        OpenAIClientOptions options = new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }.AddChatWire(http);
        using IChatClient client = new ChatClientBuilder(new ChatClient("gpt-4.1-mini", new ApiKeyCredential("k"), options).AsIChatClient().WithOpenAIProvider())
            .UseBudget(Tracker(1m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(false, options: Raw("chat", limit: 100));

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((3, 100L), (attempt.RequestCount, attempt.ReservedOutputTokens!.Value));
        Assert.Equal(3, wire.Requests.Count);
    }

    [Fact]
    public async Task ItIsAddedToTheDefaultsOfAllFactoryClientsOnce()
    {
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(defaults => defaults.AddChatWire());
        services.AddHttpClient("models").AddChatWire();
        await using ServiceProvider provider = services.BuildServiceProvider();
        IHttpClientFactory factory = provider.GetRequiredService<IHttpClientFactory>();

        Assert.True(ChatWireHandler.IsIn(factory.CreateClient("models")));
        Assert.True(ChatWireHandler.IsIn(factory.CreateClient("others")));
    }

    [Fact]
    public void AnHttpClientKeepsItsSettings()
    {
        using var app = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri("http://models.example.com"), Timeout = TimeSpan.FromSeconds(7) };
        app.DefaultRequestHeaders.Add("x-app", "yes");

        using HttpClient added = ChatWireHandler.AddTo(app);

        Assert.False(ChatWireHandler.IsIn(app));
        Assert.True(ChatWireHandler.IsIn(added));
        Assert.Equal((app.BaseAddress, app.Timeout, "yes"), (added.BaseAddress, added.Timeout, added.DefaultRequestHeaders.GetValues("x-app").Single()));
        Assert.Same(added, ChatWireHandler.AddTo(added));
    }

    [Fact]
    public void AHandlerOfTheAppStaysAboveIt()
    {
        var handler = new Passing { InnerHandler = new SocketsHttpHandler() };
        using var app = new HttpClient(handler);

        Assert.Same(app, ChatWireHandler.AddTo(app));

        Assert.IsType<ChatWireHandler>(handler.InnerHandler);
    }

    [Fact]
    public void ATransportOfTheAppIsAnErrorThatSaysWhatToWrite()
    {
        using var transport = new HttpClientPipelineTransport();
        ArgumentException error = Assert.Throws<ArgumentException>(() => new OpenAIClientOptions { Transport = transport }.AddChatWire());

        Assert.Contains("options.AddChatWire(httpClient)", error.Message, StringComparison.Ordinal);
        OpenAIClientOptions options = new OpenAIClientOptions().AddChatWire();
        Assert.Same(options.Transport, options.AddChatWire().Transport);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static CostTracker Tracker(decimal limit) => new(
        [Budget.Daily("day", limit)],
        PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));

    private static ChatOptions Raw(string kind, int limit) => new()
    {
        MaxOutputTokens = 10,
        RawRepresentationFactory = kind switch
        {
            "responses" => _ => new CreateResponseOptions { MaxOutputTokenCount = limit },
            "anthropic" or "foundry" or "bedrock" => _ => new MessageCreateParams { MaxTokens = limit, Messages = [], Model = "claude-haiku-4-5" },
            "ollama" => _ => new ChatRequest { Options = new() { NumPredict = limit } },
            _ => _ => new ChatCompletionOptions { MaxOutputTokenCount = limit },
        },
    };

    private static (IChatClient Client, CannedHandler Wire) Make(string kind, bool streaming, bool hasLine)
    {
        var wire = new CannedHandler(_ => kind switch
        {
            "responses" => WireAnswerTexts.Responses(streaming),
            "anthropic" or "foundry" or "bedrock" => WireAnswerTexts.Anthropic(streaming),
            "ollama" => WireAnswerTexts.Ollama(streaming),
            _ => WireAnswerTexts.Chat(streaming),
        });
        var http = new HttpClient(wire);
        T Options<T>(T options)
            where T : ClientPipelineOptions
        {
            options.RetryPolicy = new ClientRetryPolicy(maxRetries: 0);
            if (hasLine)
            {
                return options.AddChatWire(http);
            }

            options.Transport = new HttpClientPipelineTransport(http);
            return options;
        }

        IChatClient Anthropic(IAnthropicClient client) => (hasLine ? client.AddChatWire() : client).AsIChatClient("claude-haiku-4-5").WithAnthropicProvider();
        var key = new ApiKeyCredential("k");
        IChatClient made = kind switch
        {
            "chat" => new ChatClient("gpt-4.1-mini", key, Options(new OpenAIClientOptions())).AsIChatClient().WithOpenAIProvider(),
            "litellm" => new ChatClient("gpt-4.1-mini", key, Options(new OpenAIClientOptions { Endpoint = new Uri("http://proxy.example.com") })).AsIChatClient().WithLiteLLMProvider(),
            "responses" => new ResponsesClient(key, Options(new ResponsesClientOptions())).AsIChatClient("gpt-5-mini").WithOpenAIProvider(),
            "azure" => new AzureOpenAIClient(new Uri("https://app.openai.azure.com"), key, Options(new AzureOpenAIClientOptions()))
                .GetChatClient("gpt-4.1-mini").AsIChatClient().WithOpenAIProvider(),
            "anthropic" => Anthropic(new AnthropicClient { ApiKey = "k", HttpClient = http, MaxRetries = 0 }),
            "foundry" => Anthropic(new AnthropicFoundryClient(new AnthropicFoundryApiKeyCredentials("k", "app")) { HttpClient = http, MaxRetries = 0 }),
            "bedrock" => Anthropic(new AnthropicBedrockClient(new AnthropicBedrockApiTokenCredentials { BearerToken = "k", Region = "eu-west-1" }) { HttpClient = http, MaxRetries = 0 }),
            _ => Ollama(wire, hasLine),
        };
        return (made, wire);
    }

    private static IChatClient Ollama(CannedHandler wire, bool hasLine)
    {
        HttpClient http = hasLine ? ChatWireHandler.CreateClient(wire) : new HttpClient(wire);
        http.BaseAddress = new Uri("http://models.example.com:11434");
        return new OllamaApiClient(http, "llama3.2").WithOllamaProvider();
    }

    private sealed class Passing : DelegatingHandler;
}
#pragma warning restore OPENAI001
