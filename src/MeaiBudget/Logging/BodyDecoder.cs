using System.Text;

namespace MeaiBudget;

/// <summary>
/// Decodes a body for the log by the encoding that it really has: by its byte order mark, by where its zero bytes are, and only then by
/// the encoding that its header names. A wrong header would make secrets unrecognisable, but not unreadable.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class BodyDecoder(string? charset)
{
    private const int Sniffed = 4;
    private readonly List<byte> _first = [];
    private Decoder? _decoder;

    /// <summary>Decodes the next piece.</summary>
    public string Append(ReadOnlySpan<byte> bytes)
    {
        if (_decoder is not null)
        {
            return Decode(_decoder, bytes, flush: false);
        }

        int taken = Math.Min(bytes.Length, Sniffed - _first.Count);
        _first.AddRange(bytes[..taken]);
        return _first.Count < Sniffed ? "" : Begin() + Decode(_decoder!, bytes[taken..], flush: false);
    }

    /// <summary>Decodes what is left.</summary>
    public string Complete() => _decoder is null ? Begin() + Decode(_decoder!, [], flush: true) : Decode(_decoder, [], flush: true);

    private string Begin()
    {
        byte[] first = [.. _first];
        (Encoding encoding, int mark) = EncodingOf(first, charset);
        _decoder = encoding.GetDecoder();
        return Decode(_decoder, first.AsSpan(Math.Min(mark, first.Length)), flush: false);
    }

    /// <summary>Returns the encoding and the length of its byte order mark.</summary>
    internal static (Encoding Encoding, int Mark) EncodingOf(ReadOnlySpan<byte> first, string? charset)
    {
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || first.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
        {
            return (new UTF32Encoding(bigEndian: first[0] == 0, byteOrderMark: false), 4);
        }

        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || first.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return (new UnicodeEncoding(bigEndian: first[0] == 0xFE, byteOrderMark: false), 2);
        }

        if (first.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return (Encoding.UTF8, 3);
        }

        if (first.Length < Sniffed)
        {
            return first is [0, not 0] or [not 0, 0] ? (new UnicodeEncoding(bigEndian: first[0] == 0, byteOrderMark: false), 0) : (Encoding.UTF8, 0);
        }

        return (first[0] == 0, first[1] == 0, first[2] == 0, first[3] == 0) switch
        {
            (true, true, true, false) => (new UTF32Encoding(bigEndian: true, byteOrderMark: false), 0),
            (false, true, true, true) => (new UTF32Encoding(bigEndian: false, byteOrderMark: false), 0),
            (true, false, true, false) => (new UnicodeEncoding(bigEndian: true, byteOrderMark: false), 0),
            (false, true, false, true) => (new UnicodeEncoding(bigEndian: false, byteOrderMark: false), 0),
            _ => (Named(charset), 0),
        };
    }

    /// <summary>The encoding of the header, if it encodes ASCII as it is; the others were recognised by their bytes.</summary>
    private static Encoding Named(string? charset)
    {
        try
        {
            Encoding encoding = string.IsNullOrWhiteSpace(charset) ? Encoding.UTF8 : Encoding.GetEncoding(charset.Trim('"', '\''));
            return encoding.IsSingleByte ? encoding : Encoding.UTF8;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return Encoding.UTF8;
        }
    }

    private static string Decode(Decoder decoder, ReadOnlySpan<byte> bytes, bool flush)
    {
        char[] characters = new char[decoder.GetCharCount(bytes, flush)];
        return new string(characters, 0, decoder.GetChars(bytes, characters, flush));
    }
}
