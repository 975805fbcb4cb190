namespace MeaiBudget.Tool;

/// <summary>A stream whose first bytes were read already.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> begin, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _begin = begin;

    public override int Read(Span<byte> buffer) => _begin.IsEmpty ? rest.Read(buffer) : Take(buffer);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _begin.IsEmpty ? rest.ReadAsync(buffer, cancellationToken) : new(Take(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private int Take(Span<byte> buffer)
    {
        int length = Math.Min(buffer.Length, _begin.Length);
        _begin.Span[..length].CopyTo(buffer);
        _begin = _begin[length..];
        return length;
    }
}
