using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatRequest = OllamaSharp.Models.Chat.ChatRequest;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;

namespace MeaiBudget.Tests;

/// <summary>The real SDKs on top of <see cref="BillingProvider"/>, made once: what happens to a request depends on the ambient attempt.</summary>
#pragma warning disable OPENAI001, SCME0001 // The SDK's own raw types are experimental.
internal static class BillingClients
{
    private static readonly Dictionary<(WireSdk, bool), IChatClient> Clients = Enum.GetValues<WireSdk>()
        .SelectMany(sdk => new[] { true, false }.Select(retries => (sdk, retries)))
        .ToDictionary(key => key, key => key.retries ? OwnClient(key.sdk) : FactoryClient(key.sdk));

    /// <summary>Gives a client whose every use is an attempt of the current call.</summary>
    public static IChatClient Of(WireSdk sdk, bool retries) => new AttemptMarker(Clients[(sdk, retries)]);

    /// <summary>Gives the options of a call.</summary>
    public static ChatOptions Options(RandomCall call, int number)
    {
        var options = new ChatOptions
        {
            MaxOutputTokens = call.OptionLimit,
            ModelId = call.IsDear ? BillingModels.Of(call.Sdk, isDear: true) : null,
            AdditionalProperties = new() { ["call"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            Tools = call.Tools == 0 ? null
                : [.. Enumerable.Range(0, call.Tools).Select(index => (AITool)AIFunctionFactory.Create((string city) => city, $"weather_{index}", "Tells the weather of a city."))],
        };
        if (call.Raw != RawRequest.None)
        {
            options.RawRepresentationFactory = call.Sdk switch
            {
                WireSdk.Chat => _ => Chat(call),
                WireSdk.Responses => _ => Responses(call),
                WireSdk.Anthropic => _ => Anthropic(call),
                _ => _ => Ollama(call),
            };
        }

        return options;
    }

    private static ChatCompletionOptions Chat(RandomCall call)
    {
        var raw = new ChatCompletionOptions();
        if (call.Raw == RawRequest.Typed)
        {
            raw.MaxOutputTokenCount = call.RawLimit;
        }
        else if (call.RawLimit is { } limit)
        {
            Patch("$.max_tokens", limit);
        }

        if (call.Answers > 1)
        {
            Patch("$.n", call.Answers);
        }

        if (call.Tier is { } tier)
        {
            Patch("$.service_tier", tier);
        }

        if (call.HasOtherModel)
        {
            Patch("$.model", BillingModels.Of(call.Sdk, !call.IsDear));
        }

        return raw;

        void Patch<T>(string path, T value) => raw.Patch.Set(System.Text.Encoding.UTF8.GetBytes(path), BinaryData.FromObjectAsJson(value));
    }

    private static CreateResponseOptions Responses(RandomCall call)
    {
        var raw = new CreateResponseOptions();
        if (call.Raw == RawRequest.Typed)
        {
            raw.MaxOutputTokenCount = call.RawLimit;
        }
        else if (call.RawLimit is { } limit)
        {
            raw.Patch.Set("$.max_output_tokens"u8, limit);
        }

        if (call.Instructions > 0)
        {
            raw.Instructions = new string('i', call.Instructions);
        }

        if (call.Tier is { } tier)
        {
            raw.Patch.Set("$.service_tier"u8, tier);
        }

        if (call.HasOtherModel)
        {
            raw.Model = BillingModels.Of(call.Sdk, !call.IsDear);
        }

        return raw;
    }

    private static MessageCreateParams Anthropic(RandomCall call) => new()
    {
        MaxTokens = call.RawLimit ?? 100,
        Messages = [],
        Model = BillingModels.Of(call.Sdk, call.HasOtherModel != call.IsDear),
        System = new string('i', call.Instructions),
    };

    private static ChatRequest Ollama(RandomCall call) => new()
    {
        Options = new() { NumPredict = call.RawLimit },
        Model = call.HasOtherModel ? BillingModels.Of(call.Sdk, !call.IsDear) : null!,
    };

    private static RepeatingHandler Chain() => new RepeatingHandler { InnerHandler = new BillingProvider() };

    private static IChatClient FactoryClient(WireSdk sdk)
    {
        string model = BillingModels.Of(sdk, isDear: false);
        return sdk switch
        {
            WireSdk.Chat or WireSdk.Responses => OpenAIChatClientFactory.Create(
                new() { ApiKey = "k", ModelId = model, UseResponsesApi = sdk == WireSdk.Responses, HttpMessageHandler = Chain() }),
            WireSdk.Anthropic => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = model, HttpMessageHandler = Chain() }),
            _ => OllamaChatClientFactory.Create(new() { ModelId = model, BaseUrl = "http://models.example.com:11434", HttpMessageHandler = Chain() }),
        };
    }

    /// <summary>A client that the application made, with the SDK's own retries and our handler in its place.</summary>
    private static IChatClient OwnClient(WireSdk sdk)
    {
        string model = BillingModels.Of(sdk, isDear: false);
        var http = new HttpClient(new ChatWireHandler(new BillingProvider()));
        switch (sdk)
        {
            case WireSdk.Chat:
                return new ChatClient(model, new ApiKeyCredential("k"), Configured(new OpenAIClientOptions())).AsIChatClient().WithOpenAIProvider();
            case WireSdk.Responses:
                return new ResponsesClient(new ApiKeyCredential("k"), Configured(new ResponsesClientOptions())).AsIChatClient(model).WithOpenAIProvider();
            case WireSdk.Anthropic:
                return new AnthropicClient(new ClientOptions { ApiKey = "k", AuthToken = null, MaxRetries = 2, HttpClient = http }).AsIChatClient(model).WithAnthropicProvider();
            default:
                http.BaseAddress = new Uri("http://models.example.com:11434/");
                return ((IChatClient)new OllamaApiClient(http, model)).WithOllamaProvider();
        }

        T Configured<T>(T options)
            where T : ClientPipelineOptions
        {
            options.Transport = new HttpClientPipelineTransport(http);
            options.RetryPolicy = new QuickRetryPolicy(3);
            return options;
        }
    }

    private sealed class QuickRetryPolicy(int retries) : ClientRetryPolicy(retries)
    {
        protected override TimeSpan GetNextDelay(PipelineMessage message, int tryCount) => TimeSpan.Zero;
    }

    private sealed class AttemptMarker(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Begin();
            return base.GetResponseAsync(messages, options, cancellationToken);
        }

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Begin();
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }

        private static void Begin()
        {
            SentCall call = SentAttempt.Current!.Call;
            SentAttempt.Current = new SentAttempt(call);
            call.Attempts.Enqueue(SentAttempt.Current);
        }
    }
}
#pragma warning restore OPENAI001, SCME0001
