using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>The outermost layer of a measured client: opens a pass for each call.</summary>
/// <param name="inner">The layers that estimate, reserve and charge.</param>
/// <param name="meter">The meter.</param>
internal sealed class MeasuringChatClient(IChatClient inner, CostMeter meter) : DelegatingChatClient(inner)
{
    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        // The change of an async local ends with this method.
        MeasuredPass.Current = new MeasuredPass(meter);
        return await base.GetResponseAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pass = new MeasuredPass(meter);
        MeasuredPass.Current = pass;
        IAsyncEnumerator<ChatResponseUpdate> updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                // Each move may begin in another flow: the caller's.
                MeasuredPass.Current = pass;
                if (!await updates.MoveNextAsync())
                {
                    break;
                }

                yield return updates.Current;
            }
        }
        finally
        {
            MeasuredPass.Current = pass;
            await updates.DisposeAsync();
        }
    }
}
