using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Anthropic;
using Anthropic.Core;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Anthropic's client; hands on what a stream says about cache writes only in its first event.</summary>
internal sealed class AnthropicChatClient : ProviderChatClient
{
    /// <summary>How many tags a request has a place for.</summary>
    public const int MostForwardTags = 1;

    /// <summary>What the SDK sends where a request bounds its output not at all.</summary>
    private const long SdkMaxTokens = 1024;

    private readonly bool _sendTemperature;
    private readonly Func<string, bool> _acceptsTemperature = static _ => false;

    public AnthropicChatClient(IChatClient innerClient)
        : base(innerClient, AnthropicFailureClassifier.Instance, AnthropicUsageNormalizer.Instance, ChatApi.AnthropicMessages)
    {
    }

    public AnthropicChatClient(IChatClient innerClient, AnthropicChatClientOptions options, string defaultModelId, IDisposable owned, IChatTokenCounter counter)
        : base(innerClient, options, defaultModelId, owned, AnthropicFailureClassifier.Instance, AnthropicUsageNormalizer.Instance, counter, ChatApi.AnthropicMessages)
    {
        _sendTemperature = options.SendTemperature;
        _acceptsTemperature = options.AcceptsTemperature ?? ModelTemperature.IsAccepted;
    }

    internal override long? DefaultOutputTokens => SdkMaxTokens;

    internal override int? SdkRetries => InnerClient.GetService<IAnthropicClient>() is { } sdk ? sdk.MaxRetries ?? ClientOptions.DefaultMaxRetries : null;

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        WatchAsync(base.GetStreamingResponseAsync(messages, options, cancellationToken), cancellationToken);

    /// <summary>Claude takes a temperature or a nucleus, not both.</summary>
    private protected override bool TakesDefaultTemperature(ChatOptions? options) => _sendTemperature && options?.TopP is null;

    /// <summary>The SDK has no temperature; it passes on what stands in the raw request.</summary>
    private protected override ChatOptions? Prepare(ChatOptions? options)
    {
        var prepared = base.Prepare(options);
        var modelId = ResolveModelId(options?.ModelId);
        if (!_sendTemperature || prepared?.Temperature is not { } temperature || modelId is null || !_acceptsTemperature(modelId))
        {
            return prepared;
        }

        prepared = ReferenceEquals(prepared, options) ? prepared.Clone() : prepared;
        WriteBody(prepared, modelId, "temperature", JsonSerializer.SerializeToElement((decimal)temperature, AnthropicJson.Default.Decimal));
        return prepared;
    }

    /// <summary>Claude's requests have one place for it.</summary>
    private protected override void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared) =>
        WriteBody(
            prepared,
            ResolveModelId(prepared.ModelId) ?? "",
            "metadata",
            JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["user_id"] = tags.Values.First() }, AnthropicJson.Default.DictionaryStringString));

    /// <summary>Adds a member to the raw request that the SDK starts from.</summary>
    private static void WriteBody(ChatOptions prepared, string modelId, string name, JsonElement value)
    {
        var original = prepared.RawRepresentationFactory;
        var maxTokens = prepared.MaxOutputTokens ?? SdkMaxTokens;
        prepared.RawRepresentationFactory = client =>
        {
            var raw = original?.Invoke(client) as MessageCreateParams ?? new MessageCreateParams { MaxTokens = maxTokens, Messages = [], Model = modelId };
            var body = new Dictionary<string, JsonElement>(raw.RawBodyData);

            // What the application wrote into the raw request itself stays.
            body.TryAdd(name, value);
            return MessageCreateParams.FromRawUnchecked(raw.RawHeaderData, raw.RawQueryData, body);
        };
    }

    /// <summary>Watches a stream: keeps what its first event says, and drops the usage of one that was cut.</summary>
    private static async IAsyncEnumerable<ChatResponseUpdate> WatchAsync(
        IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CacheCreation? split = null;
        var isFinished = false;
        await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            split = AnthropicUsageNormalizer.UsageOf(update.RawRepresentation)?.CacheCreation ?? split;
            isFinished |= update.FinishReason is not null;
            if (update.Contents.OfType<UsageContent>().FirstOrDefault() is { } reported)
            {
                // The objects are fresh from the SDK and nobody else has seen them yet.
                if (!isFinished)
                {
                    // The SDK sums up what had come when the stream broke off: that is not what is billed.
                    update.Contents.Remove(reported);
                }
                else if (split is { Ephemeral5mInputTokens: > 0 } or { Ephemeral1hInputTokens: > 0 })
                {
                    var counts = reported.Details.AdditionalCounts ??= [];
                    counts["CacheCreation.Ephemeral5mInputTokens"] = split.Ephemeral5mInputTokens;
                    counts["CacheCreation.Ephemeral1hInputTokens"] = split.Ephemeral1hInputTokens;
                }
            }

            yield return update;
        }
    }
}

/// <summary>Writes what is added to a request without reflection.</summary>
[JsonSerializable(typeof(decimal))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class AnthropicJson : JsonSerializerContext;
