using System.ClientModel.Primitives;

namespace MeaiBudget;

/// <summary>A transport whose HTTP client has a <see cref="ChatWireHandler"/>. It marks its messages, so that it can be detected in a client's pipeline.</summary>
internal sealed class ChatWireTransport(HttpClient client) : HttpClientPipelineTransport(client)
{
    private readonly HttpClient _client = client;

    /// <summary>True if a pipeline uses such a transport. Sends nothing.</summary>
    public static bool IsIn(ClientPipeline pipeline)
    {
        using PipelineMessage message = pipeline.CreateMessage();
        return message.TryGetProperty(typeof(ChatWireTransport), out _);
    }

    /// <summary>Sets options of the handler.</summary>
    public void Configure(Action<ChatWireHandler>? configure) => ChatWireHandler.AddTo(_client, configure);

    /// <inheritdoc/>
    protected override PipelineMessage CreateMessageCore()
    {
        PipelineMessage message = base.CreateMessageCore();
        message.SetProperty(typeof(ChatWireTransport), this);
        return message;
    }
}
