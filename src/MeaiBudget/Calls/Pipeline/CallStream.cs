using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The stream of a call. Each enumeration is a call of its own.</summary>
/// <param name="layer">The outermost layer of the call.</param>
/// <param name="origin">The state of the caller at the time when it called the streaming method.</param>
/// <param name="options">The caller's options.</param>
/// <param name="cancellationToken">Cancels every enumeration.</param>
internal sealed class CallStream(CallLayerChatClient layer, CallStream.Origin origin, ChatOptions? options, CancellationToken cancellationToken)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    private readonly CallLayerChatClient _layer = layer;
    private readonly Origin _origin = origin;
    private readonly ChatOptions? _options = options;
    private readonly CancellationToken _cancellationToken = cancellationToken;

    /// <inheritdoc/>
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    /// <summary>The state of the caller at the time when it called the streaming method.</summary>
    internal sealed record Origin(
        CallFrame? Joined, CallRecord? Parent, ISpendGate? Run, ReceiptCapture? Capture, IReadOnlyList<ChatMessage> Messages);

    /// <summary>
    /// One enumeration. After the first update it passes on what is there already without an asynchronous method of its own, because a stream has
    /// many updates.
    /// </summary>
    private sealed class Enumerator(CallStream call, CancellationToken token) : IAsyncEnumerator<ChatResponseUpdate>
    {
        private readonly CallStream _call = call;
        private readonly CancellationToken _token = token;
        private CancellationTokenSource? _either;
        private Activity? _activity;
        private CallRecord? _record;
        private IAsyncEnumerator<ChatResponseUpdate>? _updates;
        private ChatResponseUpdate? _last;
        private bool _joins;
        private bool _hasBegun;
        private bool _isMoving;

        /// <inheritdoc/>
        public ChatResponseUpdate Current => _last!;

        /// <inheritdoc/>
        public ValueTask<bool> MoveNextAsync()
        {
            if (_updates is not { } updates)
            {
                return _hasBegun ? new(false) : BeginAsync();
            }

            ValueTask<bool> moving = Move(updates);
            if (!moving.IsCompletedSuccessfully)
            {
                return EndAsync(updates, moving);
            }

            if (!moving.Result)
            {
                return EndAsync(updates, new(false));
            }

            _last = updates.Current;
            return new(true);
        }

        /// <inheritdoc/>
        /// <exception cref="NotSupportedException">The next update is still awaited.</exception>
        public ValueTask DisposeAsync()
        {
            if (_isMoving)
            {
                throw new NotSupportedException("The stream cannot be disposed while its next update is awaited. Await the update, or cancel the call.");
            }

            _hasBegun = true;
            return CloseAsync();
        }

        private static ValueTask<bool> Move(IAsyncEnumerator<ChatResponseUpdate> updates)
        {
            try
            {
                return updates.MoveNextAsync();
            }
#pragma warning disable CA1031 // Not swallowed: it is handed on as the failure of the read.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return ValueTask.FromException<bool>(exception);
            }
        }

        private async ValueTask<bool> BeginAsync()
        {
            (_hasBegun, _isMoving) = (true, true);
            Origin origin = _call._origin;
            CallFrame joined = origin.Joined.GetValueOrDefault();
            _joins = origin.Joined.HasValue && !joined.Record.HasEnded;
            try
            {
                // It stays current only until the first update is returned. By then all requests to providers were started below it.
                _activity = _joins ? null : CallActivity.StartCall();
                _record = _joins ? joined.Record : _call._layer.Open(origin.Parent, origin.Run, _call._options, isStreaming: true);
                CallFrame frame = _joins ? joined.BeginPass(origin.Run) : CallFrame.Open(_record, origin.Run);
                CancellationToken cancellationToken = Token();
                _updates = _call._layer.InvokeStreamingAsync(frame, origin.Messages, _call._options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            }
            finally
            {
                if (_updates is null)
                {
                    _isMoving = false;
                    _activity?.Dispose();
                    _either?.Dispose();
                }
            }

            bool more = await EndAsync(_updates, Move(_updates));
            if (more && !_joins)
            {
                CallReceipts.Attach(_last!, _record, _call._options);
            }

            return more;
        }

        /// <summary>Waits for the next update, and closes the call if there is none.</summary>
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> EndAsync(IAsyncEnumerator<ChatResponseUpdate> updates, ValueTask<bool> moving)
        {
            _isMoving = true;
            bool more = false;
            try
            {
                more = await moving;
            }
            catch (Exception exception) when (!_joins)
            {
                CallReceipts.Attach(exception, _record!);
                throw;
            }
            finally
            {
                _isMoving = false;
                if (!more)
                {
                    await CloseAsync();
                }
            }

            _last = more ? updates.Current : _last;
            return more;
        }

        /// <summary>Ends the call, once.</summary>
        private async ValueTask CloseAsync()
        {
            if (_updates is not { } updates)
            {
                return;
            }

            _updates = null;
            try
            {
                await updates.DisposeAsync();
            }
            finally
            {
                try
                {
                    End();
                }
                finally
                {
                    _activity?.Dispose();
                    _either?.Dispose();
                }
            }
        }

        private void End()
        {
            if (_joins)
            {
                return;
            }

            _record!.End();
            _call._layer.Describe(_activity, _record);
            if (_last is not null)
            {
                CallReceipts.Attach(_last, _record, _call._options);
            }

            _call._origin.Capture?.Add(_record.Receipt!);
        }

        /// <summary>The token of the streaming method and that of the enumeration, as an iterator combines them.</summary>
        private CancellationToken Token()
        {
            CancellationToken ofCall = _call._cancellationToken;
            if (!ofCall.CanBeCanceled || ofCall == _token)
            {
                return _token;
            }

            if (!_token.CanBeCanceled)
            {
                return ofCall;
            }

            _either = CancellationTokenSource.CreateLinkedTokenSource(ofCall, _token);
            return _either.Token;
        }
    }
}
