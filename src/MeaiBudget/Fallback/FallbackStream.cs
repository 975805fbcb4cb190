using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The updates of the first candidate that answers. After its first update it passes them on without an asynchronous method of its own.</summary>
/// <remarks>It can be enumerated once. It ends as an iterator does: at its last update or a failure, even if it is never disposed.</remarks>
/// <param name="begin">Begins the pass.</param>
/// <param name="open">Begins the stream of a candidate.</param>
internal sealed class FallbackStream(
    Func<FallbackPass> begin, Func<FallbackPass, FallbackChatClient.Candidate, IAsyncEnumerator<ChatResponseUpdate>> open)
    : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
{
    private IAsyncEnumerator<ChatResponseUpdate>? _updates;
    private bool _hasBegun;

    /// <inheritdoc/>
    public ChatResponseUpdate Current => _updates!.Current;

    /// <inheritdoc/>
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync()
    {
        if (_updates is not { } updates)
        {
            return _hasBegun ? new(false) : BeginAsync();
        }

        ValueTask<bool> moving = updates.MoveNextAsync();
        if (updates is CandidateStream)
        {
            // It ends itself.
            return moving;
        }

        if (!moving.IsCompletedSuccessfully)
        {
            return EndAsync(updates, moving);
        }

        return moving.Result ? new(true) : EndAsync(updates, new(false));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        IAsyncEnumerator<ChatResponseUpdate>? updates = _updates;
        (_updates, _hasBegun) = (null, true);
        return updates?.DisposeAsync() ?? default;
    }

    private async ValueTask<bool> BeginAsync()
    {
        _hasBegun = true;
        FallbackPass pass = begin();
        while (await pass.NextAsync() is { } candidate)
        {
            IAsyncEnumerator<ChatResponseUpdate>? updates = null;
            try
            {
                updates = open(pass, candidate);

                // The first update only arrives with content, so the caller has seen nothing until then.
                bool more = await updates.MoveNextAsync();
                pass.AnsweredBy(candidate);
                if (more)
                {
                    (_updates, updates) = (updates, null);
                }

                return more;
            }
            catch (Exception exception) when (pass.MovesOnAfter(candidate, exception))
            {
                // Try the next candidate.
            }
            finally
            {
                if (updates is not null)
                {
                    await updates.DisposeAsync();
                }
            }
        }

        ExceptionDispatchInfo.Throw(pass.Exhausted());
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> EndAsync(IAsyncEnumerator<ChatResponseUpdate> updates, ValueTask<bool> moving)
    {
        bool more = false;
        try
        {
            more = await moving;
        }
        finally
        {
            if (!more)
            {
                _updates = null;
                await updates.DisposeAsync();
            }
        }

        return more;
    }
}
