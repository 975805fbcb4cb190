using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// Waits for the next update of a stream, but not longer than until a token is cancelled: some clients ignore theirs. One object and one
/// registration serve all reads of a stream, because most updates have to be waited for.
/// </summary>
/// <remarks>One read at a time. After a read was abandoned there is no other one, and the stream is disposed when it ends.</remarks>
internal sealed class AbandonableRead : IValueTaskSource<bool>, IDisposable
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Abandoned = 2;

    private readonly IAsyncEnumerator<ChatResponseUpdate> _updates;
    private readonly CancellationToken _token;
    private readonly Action _onRead;
    private readonly CancellationTokenRegistration _registration;
    private ManualResetValueTaskSourceCore<bool> _result;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _read;
    private int _state;

    /// <summary>Makes a wait.</summary>
    /// <param name="updates">The stream.</param>
    /// <param name="token">Ends the wait.</param>
    public AbandonableRead(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationToken token)
    {
        (_updates, _token) = (updates, token);
        _onRead = OnRead;
        _registration = token.UnsafeRegister(static read => ((AbandonableRead)read!).Abandon(), this);
    }

    /// <summary>True if the stream went on reading when its reader left.</summary>
    public bool IsAbandoned => Volatile.Read(ref _state) == Abandoned;

    /// <summary>Waits for a read.</summary>
    /// <param name="read">The read, which is not completed.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public ValueTask<bool> WaitAsync(ValueTask<bool> read)
    {
        _result.Reset();
        var result = new ValueTask<bool>(this, _result.Version);
        _read = read.ConfigureAwait(false).GetAwaiter();
        Volatile.Write(ref _state, Waiting);
        _read.UnsafeOnCompleted(_onRead);
        if (_token.IsCancellationRequested)
        {
            // It may have been cancelled before there was anything to abandon.
            Abandon();
        }

        return result;
    }

    /// <summary>Stops watching the token.</summary>
    public void Dispose() => _registration.Dispose();

    bool IValueTaskSource<bool>.GetResult(short token) => _result.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);

    private void OnRead()
    {
        ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter read = _read;
        _read = default;
        if (Interlocked.CompareExchange(ref _state, Idle, Waiting) != Waiting)
        {
            _ = CloseAsync(read);
            return;
        }

        bool more;
        try
        {
            more = read.GetResult();
        }
#pragma warning disable CA1031 // Not swallowed: the reader gets it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _result.SetException(failure);
            return;
        }

        _result.SetResult(more);
    }

    private void Abandon()
    {
        if (Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting)
        {
            _result.SetException(new OperationCanceledException(_token));
        }
    }

    private async Task CloseAsync(ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter read)
    {
        try
        {
            try
            {
                read.GetResult();
            }
            finally
            {
                await _updates.DisposeAsync().ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Nobody waits for this stream any more.
        catch (Exception)
#pragma warning restore CA1031
        {
            // As a stream that was never read.
        }
    }
}
