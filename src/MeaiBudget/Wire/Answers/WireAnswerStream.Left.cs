namespace MeaiBudget;

internal sealed partial class WireAnswerStream
{
    private const int DrainBuffer = 4096;

    private int _isTaken;
    private volatile bool _isLeft;

    /// <summary>Gets a value indicating whether the SDK left the body before its end and it is still open.</summary>
    public bool IsLeft => _isLeft && _isClosed == 0;

    /// <summary>Reads on after the SDK left.</summary>
    /// <param name="maxBytes">The most bytes that are read.</param>
    /// <param name="timeout">The longest time.</param>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <returns>True if the answer is complete now.</returns>
    public async ValueTask<bool> DrainAsync(long maxBytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!IsLeft || IsReadEnough() || Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            return IsReadEnough();
        }

        using var limit = new CancellationTokenSource(timeout, _attempt.TimeProvider);
        using CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), limit);
        byte[] buffer = new byte[DrainBuffer];
        try
        {
            while (maxBytes > 0)
            {
                int read = await _inner.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, maxBytes)), limit.Token).ConfigureAwait(false);
                Take(buffer, read);
                maxBytes -= read;
                if (read == 0 || IsReadEnough())
                {
                    break;
                }
            }
        }
#pragma warning disable CA1031 // The answer was left: whatever ends it, what was read until then counts.
        catch (Exception)
#pragma warning restore CA1031
        {
            // A cut connection, a passed limit, or time.
        }

        CloseBody();
        return IsReadEnough();
    }

    /// <summary>Closes the body if the SDK left it, without waiting for its rest.</summary>
    public void CloseIfLeft()
    {
        if (!IsLeft)
        {
            return;
        }

        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            // It is drained at this moment; that ends with the body.
            CloseBody();
            return;
        }

        // Disposing a body that is not at its end makes HttpClient read on for a while, and the provider go on. A read that is
        // cancelled closes the connection at once.
        try
        {
            using var abort = new CancellationTokenSource();
            byte[] buffer = new byte[DrainBuffer];
            for (int count = 0; count < 4; count++)
            {
                ValueTask<int> read = _inner.ReadAsync(buffer, abort.Token);
                if (!read.IsCompleted)
                {
                    _ = ObserveAsync(read);
                    abort.Cancel();
                    break;
                }

                if (read.Result == 0)
                {
                    break;
                }
            }
        }
#pragma warning disable CA1031 // Nobody reads this body any more.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The connection is gone already.
        }

        CloseBody();
    }

    /// <summary>Ends the watch for silence when the attempt is over: some SDKs never dispose a body, and its timer would keep it alive.</summary>
    public void StopWatching() => _silence?.StopTimer();

    private void Leave()
    {
        if (_isEnded || _failure is not null || IsReadEnough())
        {
            CloseBody();
            return;
        }

        _isLeft = true;
        if (_attempt.IsClosed)
        {
            CloseIfLeft();
        }
    }

    private bool IsReadEnough()
    {
        lock (_reader)
        {
            return _reader.ToAnswer() is { IsComplete: true } answer && (answer.Usage is not null || _isEnded || answer.Error is not null);
        }
    }

    private static async Task ObserveAsync(ValueTask<int> read)
    {
        try
        {
            await read.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Cancelled on purpose.
        catch (Exception)
#pragma warning restore CA1031
        {
            // As intended.
        }
    }
}
