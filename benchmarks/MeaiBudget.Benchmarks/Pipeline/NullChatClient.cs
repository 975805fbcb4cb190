using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Benchmarks;

/// <summary>Answers immediately and without allocation, so that only the layers are measured.</summary>
internal sealed class NullChatClient : IChatClient
{
    private static readonly ChatClientMetadata Metadata = new("null", null, "null-model");
    private readonly ChatResponse _response = new(new ChatMessage(ChatRole.Assistant, "Fine."))
    {
        ModelId = "null-model",
        FinishReason = ChatFinishReason.Stop,
        Usage = new UsageDetails { InputTokenCount = 12, OutputTokenCount = 2, TotalTokenCount = 14 },
    };

    private readonly ChatResponseUpdate _update = new(ChatRole.Assistant, "word ") { ModelId = "null-model" };
    private readonly ChatResponseUpdate _last = new(ChatRole.Assistant, [new UsageContent(new UsageDetails { InputTokenCount = 12, OutputTokenCount = 1_000 })])
    {
        FinishReason = ChatFinishReason.Stop,
    };

    public int Updates { get; init; } = 1_000;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(_response);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        for (int i = 0; i < Updates; i++)
        {
            yield return _update;
        }

        yield return _last;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? Metadata : null;

    public void Dispose()
    {
    }
}
