using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>A response body that is passed through as it is read. A derived type sees every piece.</summary>
/// <param name="inner">The body; disposed with this stream.</param>
/// <param name="attemptToken">Ends reads that are made without a token.</param>
internal abstract class BodyStream(Stream inner, CancellationToken attemptToken = default) : Stream
{
    private Task<int>? _lastRead;

    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public sealed override bool CanTimeout => inner.CanTimeout;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public sealed override int ReadTimeout
    {
        get => inner.ReadTimeout;
        set => inner.ReadTimeout = value;
    }

    public sealed override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        BeforeRead();
        ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken.CanBeCanceled ? cancellationToken : attemptToken);
        return reading.IsCompletedSuccessfully ? new(PassOn(buffer, reading.Result)) : EndReadAsync(reading, buffer);
    }

    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
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

    public sealed override int Read(byte[] buffer, int offset, int count)
    {
        BeforeRead();
        return PassOn(buffer.AsMemory(offset, count), inner.Read(buffer, offset, count));
    }

    public sealed override void Flush()
    {
    }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Called before each read; may throw.</summary>
    protected virtual void BeforeRead()
    {
    }

    /// <summary>Called with each piece that was read.</summary>
    /// <returns>How many of its bytes the reader gets.</returns>
    protected abstract int OnRead(ReadOnlyMemory<byte> piece);

    /// <summary>Called at the end of the body; may throw.</summary>
    protected abstract void OnEnd();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> EndReadAsync(ValueTask<int> reading, Memory<byte> buffer)
    {
        int count = await reading.ConfigureAwait(false);
        return PassOn(buffer, count);
    }

    private int PassOn(Memory<byte> buffer, int count)
    {
        if (count > 0)
        {
            return OnRead(buffer[..count]);
        }

        if (!buffer.IsEmpty)
        {
            OnEnd();
        }

        return 0;
    }
}
