using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Wraps a client that the application created with OpenAI's SDK.</summary>
internal sealed class AppMadeOpenAIChatClient(IChatClient innerClient, ChatApi api)
    : ProviderChatClient(innerClient, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance, api)
{
    private readonly bool _seesWire = PipelineOf(innerClient) is { } pipeline && ChatWireTransport.IsIn(pipeline);

    protected override bool SeesWire => _seesWire;

    /// <summary>Returns the API that a client uses. Both kinds of client have the same provider name, so this checks which SDK client is inside.</summary>
    public static ChatApi ApiOf(IChatClient client) => client.GetService<ResponsesClient>() is not null ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat;

    private static ClientPipeline? PipelineOf(IChatClient client) =>
        client.GetService<ChatClient>()?.Pipeline ?? client.GetService<ResponsesClient>()?.Pipeline;
}
