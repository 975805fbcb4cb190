using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Anthropic;
using Anthropic.Core;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A client for Anthropic. It adds the cache writes to a stream's usage, which only its first event contains.</summary>
internal sealed class AnthropicChatClient : ProviderChatClient
{
    /// <summary>The maximum number of tags in a request.</summary>
    public const int MostForwardTags = 1;

    /// <summary>The maximum of output tokens that the SDK sends if a request has none.</summary>
    private const long SdkMaxTokens = 1024;

    private readonly bool _sendTemperature;
    private volatile Template? _template;

    public AnthropicChatClient(IChatClient innerClient)
        : base(innerClient, AnthropicFailureClassifier.Instance, AnthropicUsageNormalizer.Instance, ChatApi.AnthropicMessages)
    {
    }

    public AnthropicChatClient(IChatClient innerClient, ProviderClientSetup setup, IChatTokenCounter counter, bool sendTemperature)
        : base(innerClient, setup, AnthropicFailureClassifier.Instance, AnthropicUsageNormalizer.Instance, counter, ChatApi.AnthropicMessages) =>
        _sendTemperature = sendTemperature;

    protected override long? DefaultOutputTokens => SdkMaxTokens;

    /// <summary>The SDK's table. In adaptive mode the model is not told the number, but the SDK raises the maximum by it all the same.</summary>
    protected override long? ThinkingTokens(ReasoningEffort? effort) => effort switch
    {
        ReasoningEffort.Low => 1_024,
        ReasoningEffort.Medium => 8_192,
        ReasoningEffort.High => 16_384,
        ReasoningEffort.ExtraHigh => 32_768,
        _ => null,
    };

    protected override bool SeesWire => base.SeesWire || (InnerClient.GetService<IAnthropicClient>() is { } sdk && ChatWireHandler.IsIn(sdk.HttpClient));

    protected override int? SdkRetries => InnerClient.GetService<IAnthropicClient>() is { } sdk ? sdk.MaxRetries ?? ClientOptions.DefaultMaxRetries : null;

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        WatchAsync(base.GetStreamingResponseAsync(messages, options, cancellationToken), cancellationToken);

    /// <summary>True if a temperature may be sent. Claude accepts either a temperature or <c>top_p</c>, not both.</summary>
    protected override bool TakesDefaultTemperature(ChatOptions? options) => _sendTemperature && options?.TopP is null;

    /// <summary>Adds the temperature to the raw request, because the SDK does not send it otherwise.</summary>
    protected override ChatOptions? Prepare(ChatOptions? options)
    {
        ChatOptions? prepared = base.Prepare(options);
        string? modelId = ResolveModelId(options?.ModelId);
        if (!_sendTemperature || prepared?.Temperature is not { } temperature || modelId is null || !AcceptsTemperature(modelId))
        {
            return prepared;
        }

        prepared = ReferenceEquals(prepared, options) ? prepared.Clone() : prepared;
        if (prepared.RawRepresentationFactory is null)
        {
            long maxTokens = prepared.MaxOutputTokens ?? SdkMaxTokens;
            prepared.RawRepresentationFactory = _ => Templated(modelId, maxTokens, temperature);
        }
        else
        {
            WriteBody(prepared, modelId, "temperature", TemperatureOf(temperature));
        }

        return prepared;
    }

    /// <summary>Adds the tag as <c>metadata.user_id</c>, the only field for it.</summary>
    protected override void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared) =>
        WriteBody(
            prepared,
            ResolveModelId(prepared.ModelId) ?? "",
            "metadata",
            JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["user_id"] = tags.Values.First() }, AnthropicJson.Default.DictionaryStringString));

    /// <summary>Adds a member to the raw request that the SDK uses as a template.</summary>
    private static void WriteBody(ChatOptions prepared, string modelId, string name, JsonElement value)
    {
        Func<IChatClient, object?>? original = prepared.RawRepresentationFactory;
        long maxTokens = prepared.MaxOutputTokens ?? SdkMaxTokens;
        prepared.RawRepresentationFactory = client =>
        {
            MessageCreateParams raw = original?.Invoke(client) as MessageCreateParams ?? Bare(modelId, maxTokens);
            var body = new Dictionary<string, JsonElement>(raw.RawBodyData);

            // Keep the value that the application set in the raw request.
            body.TryAdd(name, value);
            return MessageCreateParams.FromRawUnchecked(raw.RawHeaderData, raw.RawQueryData, body);
        };
    }

    /// <summary>The raw request with a temperature. Nearly all requests of a client have the same, and the SDK writes each member as JSON of its own.</summary>
    private MessageCreateParams Templated(string modelId, long maxTokens, float temperature)
    {
        Template? template = _template;
        if (template is null || template.MaxTokens != maxTokens || template.Temperature != temperature || !string.Equals(template.ModelId, modelId, StringComparison.Ordinal))
        {
            MessageCreateParams raw = Bare(modelId, maxTokens);
            var body = new Dictionary<string, JsonElement>(raw.RawBodyData) { ["temperature"] = TemperatureOf(temperature) };
            template = new Template(modelId, maxTokens, temperature, raw.RawHeaderData.ToFrozenDictionary(), raw.RawQueryData.ToFrozenDictionary(), body.ToFrozenDictionary());
            _template = template;
        }

        return MessageCreateParams.FromRawUnchecked(template.Headers, template.Query, template.Body);
    }

    /// <summary>A raw request in which the application states nothing. The SDK adds the messages.</summary>
    private static MessageCreateParams Bare(string modelId, long maxTokens) => new() { MaxTokens = maxTokens, Messages = [], Model = modelId };

    private static JsonElement TemperatureOf(float temperature) => JsonSerializer.SerializeToElement((decimal)temperature, AnthropicJson.Default.Decimal);

    /// <summary>Keeps the usage in the first event of a stream, and removes the usage of an interrupted stream.</summary>
    private static async IAsyncEnumerable<ChatResponseUpdate> WatchAsync(
        IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CacheCreation? split = null;
        bool isFinished = false;
        await foreach (ChatResponseUpdate? update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            split = AnthropicUsageNormalizer.UsageOf(update.RawRepresentation)?.CacheCreation ?? split;
            isFinished |= update.FinishReason is not null;
            if (UsageOf(update.Contents) is { } reported)
            {
                // The SDK has just created this update, so changing it affects no other code.
                if (!isFinished)
                {
                    // The SDK adds up the usage that had arrived when the stream was interrupted. That is not the billed usage.
                    update.Contents.Remove(reported);
                }
                else if (split is { Ephemeral5mInputTokens: > 0 } or { Ephemeral1hInputTokens: > 0 })
                {
                    AdditionalPropertiesDictionary<long> counts = reported.Details.AdditionalCounts ??= [];
                    counts["CacheCreation.Ephemeral5mInputTokens"] = split.Ephemeral5mInputTokens;
                    counts["CacheCreation.Ephemeral1hInputTokens"] = split.Ephemeral1hInputTokens;
                }
            }

            yield return update;
        }
    }

    private static UsageContent? UsageOf(IList<AIContent> contents)
    {
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is UsageContent usage)
            {
                return usage;
            }
        }

        return null;
    }

    /// <summary>The members of the last raw request. Immutable.</summary>
    private sealed record Template(
        string ModelId,
        long MaxTokens,
        float Temperature,
        FrozenDictionary<string, JsonElement> Headers,
        FrozenDictionary<string, JsonElement> Query,
        FrozenDictionary<string, JsonElement> Body);
}

/// <summary>Source-generated serialization of the added members, without reflection.</summary>
[JsonSerializable(typeof(decimal))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class AnthropicJson : JsonSerializerContext;
