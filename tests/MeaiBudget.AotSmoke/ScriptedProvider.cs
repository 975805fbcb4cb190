using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.AotSmoke;

/// <summary>An in-memory provider: fails a set number of times, then answers with a set usage.</summary>
internal sealed class ScriptedProvider(string name, string modelId, long inputTokens, long outputTokens) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new(name, new Uri($"https://{name}.example"), modelId);
    private readonly Queue<HttpStatusCode> _failures = new();

    public int Requests { get; private set; }

    public ChatOptions? LastOptions { get; private set; }

    public void FailWith(params HttpStatusCode[] statuses)
    {
        foreach (HttpStatusCode status in statuses)
        {
            _failures.Enqueue(status);
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Receive(options);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"Answered by {name}."))
        {
            ModelId = modelId,
            FinishReason = ChatFinishReason.Stop,
            Usage = Usage(),
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Receive(options);
        foreach (string piece in new[] { "Answered ", "by ", name, "." })
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = modelId };
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(Usage())]) { ModelId = modelId, FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceKey is null && serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
    }

    private void Receive(ChatOptions? options)
    {
        Requests++;
        LastOptions = options;
        if (_failures.TryDequeue(out HttpStatusCode status))
        {
            throw new HttpRequestException($"{name} says {(int)status}.", inner: null, status);
        }
    }

    private UsageDetails Usage() => new()
    {
        InputTokenCount = inputTokens,
        OutputTokenCount = outputTokens,
        TotalTokenCount = inputTokens + outputTokens,
    };
}
