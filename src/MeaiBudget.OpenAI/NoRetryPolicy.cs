using System.ClientModel.Primitives;

namespace MeaiBudget;

/// <summary>Sends each message once, as a <see cref="ClientRetryPolicy"/> without retries does, but without its asynchronous methods.</summary>
internal sealed class NoRetryPolicy : PipelinePolicy
{
    /// <summary>The policy; it has no state.</summary>
    public static readonly NoRetryPolicy Instance = new();

    private NoRetryPolicy()
    {
    }

    /// <inheritdoc/>
    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) => ProcessNext(message, pipeline, currentIndex);

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) => ProcessNextAsync(message, pipeline, currentIndex);
}
