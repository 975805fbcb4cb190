using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The updates of one candidate. Its first update opens it; then it passes on what is there already without an asynchronous method of its own,
/// because a stream has many updates.
/// </summary>
/// <remarks>It can be enumerated once. It ends as an iterator does: at its last update or a failure, even if it is never disposed.</remarks>
internal sealed class CandidateStream(
    CallFrame frame, IChatClient client, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
{
    private CancellationToken _cancellationToken = cancellationToken;
    private StreamedAttempt? _stream;
    private bool _hasBegun;

    /// <inheritdoc/>
    public ChatResponseUpdate Current => _stream!.Current;

    /// <inheritdoc/>
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _cancellationToken = cancellationToken.CanBeCanceled ? cancellationToken : _cancellationToken;
        return this;
    }

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync()
    {
        if (_stream is { } stream)
        {
            return stream.MoveNextAsync();
        }

        return _hasBegun ? new(false) : BeginAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        StreamedAttempt? stream = _stream;
        (_stream, _hasBegun) = (null, true);
        return stream?.DisposeAsync() ?? default;
    }

    private async ValueTask<bool> BeginAsync()
    {
        _hasBegun = true;
        StreamedAttempt stream = await AttemptRunner.OpenAsync(new CandidateRun(frame, client, messages, options, isStreaming: true, _cancellationToken));
        _stream = stream;
        return await stream.MoveNextAsync();
    }
}
