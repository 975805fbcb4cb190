namespace MeaiBudget.Tests;

/// <summary>The body of an answer: comes in pieces, and breaks where the plan says so.</summary>
internal sealed class BillingBody : Stream
{
    private readonly byte[] _bytes;
    private readonly SentCall _call;
    private readonly ProviderFault _fault;
    private readonly BilledRequest _billed;
    private readonly int _end;
    private int _at;

    public BillingBody(byte[] bytes, SentCall call, ProviderFault fault, BilledRequest billed)
    {
        (_bytes, _call, _fault, _billed) = (bytes, call, fault, billed);
        bool breaks = fault is ProviderFault.LostWithinAnswer or ProviderFault.EndsEarly or ProviderFault.CancelledWithinAnswer;
        _end = breaks ? Math.Min(bytes.Length - 1, bytes.Length * call.Call.Break / 100) : bytes.Length;

        // An answer with a finish reason and without usage is a whole answer, whose usage is estimated by what came: no case for this test.
        int finish = fault == ProviderFault.EndsEarly && call.Call.Sdk == WireSdk.Chat ? bytes.AsSpan().IndexOf("\"finish_reason\":\""u8) : -1;
        _end = finish >= 0 ? Math.Min(_end, finish) : _end;
    }

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
        cancellationToken.ThrowIfCancellationRequested();
        if (_at == _end && _fault == ProviderFault.CancelledWithinAnswer)
        {
            await _call.Cancellation.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _call.Cancellation.Token);
        }

        if (_call.Call.Piece % 3 == 0)
        {
            await Task.Yield();
        }

        return Next(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Next(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Next(Span<byte> buffer)
    {
        if (_at == _end && _fault == ProviderFault.LostWithinAnswer)
        {
            throw new IOException("The connection was lost.");
        }

        int count = Math.Min(Math.Min(buffer.Length, _call.Call.Piece), _end - _at);
        _bytes.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        if (_at == _bytes.Length && _fault != ProviderFault.ErrorWithinStream && !_call.HasLeft)
        {
            _billed.IsConfirmed = true;
        }

        return count;
    }
}
