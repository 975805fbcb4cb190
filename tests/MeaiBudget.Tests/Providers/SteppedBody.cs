namespace MeaiBudget.Tests;

/// <summary>A body that comes in pieces. A read may have to wait for its piece, and the last one may fail, or never come.</summary>
internal sealed class SteppedBody : Stream
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Queue<(int Length, bool Waits)> _steps;
    private readonly Exception? _failure;
    private readonly bool _isEndless;
    private int _at;

    /// <summary>Makes a body.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="steps">How much each read gets, and whether it waits; reads after them get the rest.</param>
    /// <param name="failure">What the read after the steps throws; null for none.</param>
    /// <param name="isEndless">True if the read after the steps waits until it is cancelled.</param>
    public SteppedBody(ReadOnlyMemory<byte> bytes, IEnumerable<(int Length, bool Waits)> steps, Exception? failure = null, bool isEndless = false)
    {
        (_bytes, _steps, _failure, _isEndless) = (bytes, new Queue<(int, bool)>(steps), failure, isEndless);
    }

    public bool IsDisposed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        (int length, bool waits) = _steps.TryDequeue(out (int, bool) step) ? step : (int.MaxValue, false);
        if (waits)
        {
            await Task.Yield();
        }

        if (length == int.MaxValue && _failure is not null)
        {
            throw _failure;
        }

        if (length == int.MaxValue && _isEndless)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        int read = Math.Min(Math.Min(length, buffer.Length), _bytes.Length - _at);
        _bytes.Slice(_at, read).CopyTo(buffer);
        _at += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
