using System.ClientModel.Primitives;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Wraps a client that the application created with OpenAI's SDK.</summary>
internal sealed class AppMadeOpenAIChatClient(IChatClient innerClient, ChatApi api, IEnumerable<KeyValuePair<string, string>>? deployments)
    : ProviderChatClient(innerClient, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance, api)
{
    private readonly bool _seesWire = PipelineOf(innerClient) is { } pipeline && ChatWireTransport.IsIn(pipeline);

    private readonly FrozenDictionary<string, string> _deployments = (deployments ?? []).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    protected override bool SeesWire => _seesWire;

    protected override string? KnownModelOf(string? modelId) => modelId is null ? null : _deployments.GetValueOrDefault(modelId, modelId);

    /// <summary>Returns the API that a client uses. Both kinds of client have the same provider name, so this checks which SDK client is inside.</summary>
    public static ChatApi ApiOf(IChatClient client) => client.GetService<ResponsesClient>() is not null ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat;

    private static ClientPipeline? PipelineOf(IChatClient client) =>
        client.GetService<ChatClient>()?.Pipeline ?? client.GetService<ResponsesClient>()?.Pipeline;
}
