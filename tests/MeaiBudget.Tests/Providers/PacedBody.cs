using System.Text;

namespace MeaiBudget.Tests;

/// <summary>A body that gives one part a read, and waits where a part is null.</summary>
internal sealed class PacedBody(params string?[] parts) : MemoryStream
{
    private TaskCompletionSource<int>? _waiting;
    private Memory<byte> _buffer;
    private int _next;
    private byte[]? _rest;

    public string? Repeats { get; init; }

    public bool IsDisposed { get; private set; }

    public bool WasAborted { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_rest is null)
        {
            string? part = _next < parts.Length ? parts[_next] : Repeats ?? "";
            _next++;
            if (part is null)
            {
                _buffer = buffer;
                _waiting = new TaskCompletionSource<int>();
                cancellationToken.Register(() => WasAborted |= _waiting.TrySetCanceled(cancellationToken));
                return new ValueTask<int>(_waiting.Task);
            }

            _rest = Encoding.UTF8.GetBytes(part);
        }

        int length = Math.Min(buffer.Length, _rest.Length);
        _rest.AsSpan(0, length).CopyTo(buffer.Span);
        _rest = length < _rest.Length ? _rest[length..] : null;
        return new ValueTask<int>(length);
    }

    public void Ping()
    {
        byte[] ping = Encoding.UTF8.GetBytes(Repeats!);
        ping.CopyTo(_buffer);
        _waiting!.SetResult(ping.Length);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
