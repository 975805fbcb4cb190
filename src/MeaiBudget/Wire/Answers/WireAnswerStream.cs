using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>An answer's body that passes through and is read along.</summary>
/// <remarks>
/// The SDK's buffer is read where it lies; nothing is held back, and nothing is changed but counts that the SDK could not read. Where the SDK leaves before the answer is complete, the body
/// stays open until the attempt ends, so that the usage can still be reached.
/// </remarks>
internal sealed partial class WireAnswerStream : Stream
{
    private readonly Stream _inner;
    private readonly WireAnswerReader _reader;
    private readonly WireAttempt _attempt;
    private readonly WireLimits _limits;
    private readonly WireSilence? _silence;
    private WireLimitException? _failure;
    private Task<int>? _lastRead;
    private Exception? _readFailure;
    private long _progress;
    private bool _isEnded;
    private int _isClosed;

    /// <summary>Makes a stream.</summary>
    /// <param name="inner">The provider's body.</param>
    /// <param name="reader">Reads along; locked while it does.</param>
    /// <param name="attempt">The attempt, for its clock and token.</param>
    /// <param name="limits">The limits of the answer.</param>
    /// <param name="silence">Stops reads of the body; <see langword="null"/> for nothing.</param>
    public WireAnswerStream(Stream inner, WireAnswerReader reader, WireAttempt attempt, WireLimits limits, WireSilence? silence) =>
        (_inner, _reader, _attempt, _limits, _silence) = (inner, reader, attempt, limits, silence);

    /// <summary>Gets why the body could not be read to its end; <see langword="null"/> if it could, or reading was only cancelled.</summary>
    public Exception? Failure => _failure ?? _readFailure;

    /// <summary>Gets or sets what looks for errors that the SDK would ignore; <see langword="null"/> for nothing. Set before the first read.</summary>
    public ErrorLines? Errors { get; set; }

    /// <summary>Gets a value indicating whether counts were rewritten. One that is cut by the end of a read is not, and can be in the whole.</summary>
    public bool HasRepairs { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override bool CanTimeout => _silence is not null || _inner.CanTimeout;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Gets or sets how long a read may wait, in milliseconds. Unlike that of other streams, it also ends asynchronous reads.</summary>
    public override int ReadTimeout
    {
        get => _silence is null ? _inner.ReadTimeout : (int)_silence.ReadTimeout.TotalMilliseconds;
        set
        {
            if (_silence is not null)
            {
                _silence.ReadTimeout = TimeSpan.FromMilliseconds(value);
            }

            if (_inner.CanTimeout)
            {
                _inner.ReadTimeout = value;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        ValueTask<int> pending = _inner.ReadAsync(buffer, _silence?.Token ?? cancellationToken);
        return pending.IsCompletedSuccessfully ? new ValueTask<int>(PassOn(buffer.Span, pending.Result)) : FinishAsync(pending, buffer, cancellationToken);
    }

    /// <summary>Goes on with a body of which the beginning was read from the provider's stream.</summary>
    /// <param name="begun">The beginning.</param>
    public void Resume(Span<byte> begun)
    {
        if (!begun.IsEmpty)
        {
            Take(begun, begun.Length);
        }
    }

    /// <summary>Waits for a read of the provider's stream that began before.</summary>
    /// <param name="pending">The read, with the token of what stops reads.</param>
    /// <param name="buffer">What it reads into.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public ValueTask<int> ResumeAsync(Task<int> pending, Memory<byte> buffer, CancellationToken cancellationToken) =>
        FinishAsync(new ValueTask<int>(pending), buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValueTask<int> reading = ReadAsync(buffer.AsMemory(offset, count), cancellationToken);
        if (!reading.IsCompletedSuccessfully)
        {
            return reading.AsTask();
        }

        // Most reads fill the same buffer, and a completed task of the same number is the same.
        int read = reading.Result;
        return _lastRead is { } last && last.Result == read ? last : _lastRead = Task.FromResult(read);
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ThrowIfFailed();
        _silence?.BeginRead();
        int read;
        try
        {
            read = _inner.Read(buffer);
        }
        catch (Exception) when (_silence is { IsExceeded: true })
        {
            throw Fail(WireLimit.Silence);
        }
        catch (Exception timeout) when (_silence is { IsReadTimedOut: true })
        {
            throw TimedOut(timeout);
        }
        catch (Exception failure) when (NotesFailure(failure))
        {
            throw;
        }
        finally
        {
            _silence?.EndRead();
        }

        return PassOn(buffer, read);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Leave();
        }

        base.Dispose(disposing);
    }

    private void CloseBody()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _silence?.Dispose();
            _inner.Dispose();
            lock (_reader)
            {
                _reader.Close();
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FinishAsync(ValueTask<int> pending, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        if (_silence is not { } silence)
        {
            try
            {
                read = await pending.ConfigureAwait(false);
            }
            catch (Exception failure) when (NotesFailure(failure))
            {
                throw;
            }

            return PassOn(buffer.Span, read);
        }

        silence.BeginRead();

        // The attempt's token is watched once for all reads.
        CancellationTokenRegistration registration = cancellationToken == _attempt.CancellationToken
            ? default
            : cancellationToken.UnsafeRegister(static state => ((WireSilence)state!).Cancel(), silence);
        try
        {
            read = await pending.ConfigureAwait(false);
        }
        catch (Exception) when (silence.IsExceeded)
        {
            throw Fail(WireLimit.Silence);
        }
        catch (Exception timeout) when (silence.IsReadTimedOut)
        {
            throw TimedOut(timeout);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception failure) when (NotesFailure(failure))
        {
            throw;
        }
        finally
        {
            silence.EndRead();
            registration.Dispose();
        }

        return PassOn(buffer.Span, read);
    }

    /// <summary>Reads along what came.</summary>
    private void Take(Span<byte> buffer, int read)
    {
        try
        {
            lock (_reader)
            {
                if (read > 0)
                {
                    _reader.Feed(buffer[..read]);
                    if (_reader.TakeUnreadableNumber())
                    {
                        HasRepairs = true;
                        WireCountRepair.Repair(buffer[..read]);
                    }
                }
                else if (!buffer.IsEmpty)
                {
                    _isEnded = true;
                    _reader.End();
                }

                if (_silence is not null && _reader.Progress is var progress)
                {
                    if (progress != _progress)
                    {
                        _progress = progress;
                        _silence.OnProgress();
                    }
                    else if (read > 0 && _silence.IsSilent())
                    {
                        throw new WireLimitException(WireLimit.Silence, _limits);
                    }
                }
            }
        }
        catch (WireLimitException failure)
        {
            _failure = failure;

            // A read of what follows may wait already.
            _silence?.Cancel();
            CloseBody();
            throw;
        }
    }

    /// <summary>Reads along what came for the SDK.</summary>
    /// <returns>How many bytes it gets.</returns>
    private int PassOn(Span<byte> buffer, int read)
    {
        Take(buffer, read);
        if (Errors is not { } errors)
        {
            return read;
        }

        if (read > 0)
        {
            return errors.OnRead(buffer[..read], _reader.OnlyRepeats);
        }

        if (!buffer.IsEmpty)
        {
            errors.OnEnd();
        }

        return 0;
    }

    private WireLimitException Fail(WireLimit limit)
    {
        _failure ??= new WireLimitException(limit, _limits);
        CloseBody();
        return _failure;
    }

    /// <summary>What the timers of SDKs throw.</summary>
    private TaskCanceledException TimedOut(Exception exception)
    {
        string message = $"The provider sent nothing for {_silence!.ReadTimeout.TotalSeconds} seconds, which is the timeout of its client.";
        return new TaskCanceledException(message, new TimeoutException(message, exception));
    }

    /// <summary>Keeps a failure as a filter of exceptions that catches none.</summary>
    private bool NotesFailure(Exception failure)
    {
        _readFailure ??= failure is OperationCanceledException ? null : failure;
        return false;
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw new WireLimitException(_failure.Limit, _limits);
        }

        Errors?.ThrowIfFailed();
    }
}
