using System.Buffers.Binary;
using System.Buffers.Text;

namespace MeaiBudget;

/// <summary>Takes the documents out of Amazon's binary event stream: messages whose payload is JSON, or JSON with the document in base64.</summary>
/// <remarks>A message is a length, the length of its headers, a check sum, the headers, the payload, a check sum. Check sums are left to the SDK. Not thread-safe.</remarks>
internal sealed class AmazonEventStream(JsonScanner scanner)
{
    private const int Prelude = 12;
    private const int CheckSum = 4;
    private const int LongestMessage = 16 * 1024 * 1024;

    private byte[] _message = new byte[1024];
    private int _length;
    private bool _isBroken;

    /// <summary>Gets the number of bytes that came of the message at hand; in a stream that is broken, of the rest.</summary>
    public long Pending { get; private set; }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">The next bytes.</param>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_isBroken)
        {
            Pending += bytes.Length;
            return;
        }

        while (!bytes.IsEmpty && !_isBroken)
        {
            int wanted = _length < Prelude ? Prelude : (int)BinaryPrimitives.ReadUInt32BigEndian(_message);
            int taken = Math.Min(bytes.Length, wanted - _length);
            if (_length + taken > _message.Length)
            {
                Array.Resize(ref _message, Math.Max(_length + taken, _message.Length * 2));
            }

            bytes[..taken].CopyTo(_message.AsSpan(_length));
            _length += taken;
            bytes = bytes[taken..];
            if (_length == Prelude && wanted == Prelude)
            {
                uint total = BinaryPrimitives.ReadUInt32BigEndian(_message);
                uint headers = BinaryPrimitives.ReadUInt32BigEndian(_message.AsSpan(4));
                _isBroken = total > LongestMessage || total < Prelude + CheckSum || headers > total - Prelude - CheckSum;
            }
            else if (_length == wanted)
            {
                int headers = (int)BinaryPrimitives.ReadUInt32BigEndian(_message.AsSpan(4));
                ReadPayload(_message.AsSpan(Prelude + headers, _length - Prelude - headers - CheckSum));
                _length = 0;
            }
        }

        Pending = _length + bytes.Length;
    }

    private void ReadPayload(ReadOnlySpan<byte> payload)
    {
        scanner.Reset();
        if (!payload.StartsWith("{\"bytes\":\""u8))
        {
            scanner.Feed(payload);
            return;
        }

        ReadOnlySpan<byte> encoded = payload["{\"bytes\":\"".Length..];
        int end = encoded.IndexOf((byte)'"');
        if (end >= 0)
        {
            byte[] document = new byte[Base64.GetMaxDecodedFromUtf8Length(end)];
            Base64.DecodeFromUtf8(encoded[..end], document, out _, out int written);
            scanner.Feed(document.AsSpan(0, written));
        }
    }
}
