using System.IO.Compression;

namespace MeaiBudget.Tool;

/// <summary>Unpacks gzip, and throws if the packed file is cut off. <see cref="GZipStream"/> ends there without an exception.</summary>
/// <remarks>
/// A gzip file may consist of several parts. So a part with a known text is read after the file's own ones: if that text does not arrive,
/// the last part of the file was not complete.
/// </remarks>
internal sealed class UnpackedStream : ForwardStream
{
    private static readonly byte[] End = Guid.Parse("6f3b0d0e-0c5e-4c37-9d0d-2b1f4f1e7a55").ToByteArray();
    private static readonly byte[] PackedEnd = Pack(End);

    private readonly GZipStream _unpacked;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _length;
    private bool _isEnded;

    public UnpackedStream(Stream packed) => _unpacked = new GZipStream(new EndedStream(packed), CompressionMode.Decompress);

    public override int Read(Span<byte> buffer)
    {
        // The last bytes are kept back until it is known whether they are the end.
        while (_length <= End.Length && !_isEnded)
        {
            _buffer.AsSpan(_start, _length).CopyTo(_buffer);
            _start = 0;
            int read = _unpacked.Read(_buffer.AsSpan(_length));
            _length += read;
            _isEnded = read == 0;
        }

        if (_isEnded)
        {
            return _buffer.AsSpan(_start, _length).SequenceEqual(End) ? 0 : throw new InvalidDataException("The packed data end too early.");
        }

        int taken = Math.Min(buffer.Length, _length - End.Length);
        _buffer.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        _length -= taken;
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
        }

        base.Dispose(disposing);
    }

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>The file, and the part with the known text after it.</summary>
    private sealed class EndedStream(Stream packed) : ForwardStream
    {
        private readonly MemoryStream _end = new(PackedEnd);

        public override int Read(Span<byte> buffer) => packed.Read(buffer) is > 0 and var read ? read : _end.Read(buffer);
    }
}
