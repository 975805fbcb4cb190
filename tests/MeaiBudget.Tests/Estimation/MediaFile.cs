using System.Buffers.Binary;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Writes the headers of image, audio and video files for tests.</summary>
internal static class MediaFile
{
    public static byte[] Png(int width, int height, params (string Type, int Length)[] chunksBefore)
    {
        var file = new List<byte>([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        foreach ((string type, int length) in chunksBefore)
        {
            file.AddRange([.. Big32(length), .. Encoding.ASCII.GetBytes(type), .. new byte[length], 0, 0, 0, 0]);
        }

        file.AddRange([.. Big32(13), .. "IHDR"u8, .. Big32(width), .. Big32(height), 8, 6, 0, 0, 0, 0, 0, 0, 0]);
        return [.. file];
    }

    /// <summary>A JPEG with an application's data (EXIF with a thumbnail, an ICC profile in parts) before its frame.</summary>
    public static byte[] Jpeg(int width, int height, byte frame = 0xC0, int applicationBytes = 0)
    {
        var file = new List<byte>([0xFF, 0xD8]);
        for (int marker = 0xE1; applicationBytes > 0; marker = 0xE2)
        {
            // A thumbnail in the data has a frame of its own.
            int length = Math.Min(applicationBytes, 65_000);
            file.AddRange([0xFF, 0xFF, (byte)marker, .. Big16(length + 2), .. Padded(Jpeg(160, 120).AsSpan(0, Math.Min(length, 20)), length)]);
            applicationBytes -= length;
        }

        file.AddRange([0xFF, 0xDB, 0, 4, 0, 0, 0xFF, frame, 0, 17, 8, .. Big16(height), .. Big16(width), 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xFF, 0xDA]);
        return [.. file];
    }

    public static byte[] Gif(int width, int height, int frameWidth, int frameHeight) =>
        [.. "GIF89a"u8, .. Little16(width), .. Little16(height), 0x91, 0, 0, .. new byte[12], (byte)',', 0, 0, 0, 0, .. Little16(frameWidth), .. Little16(frameHeight), 0, 2];

    public static byte[] WebPLossy(int width, int height) => WebP("VP8 ", [0x30, 1, 0, 0x9D, 0x01, 0x2A, .. Little16(width), .. Little16(height)]);

    public static byte[] WebPLossless(int width, int height) => WebP("VP8L", [0x2F, .. Little32((uint)((width - 1) | ((height - 1) << 14)))]);

    public static byte[] WebPAnimated(int width, int height) =>
        WebP("VP8X", [0x12, 0, 0, 0, .. Little32((uint)(width - 1)).AsSpan(0, 3), .. Little32((uint)(height - 1)).AsSpan(0, 3), .. "ANIM"u8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    public static byte[] Bmp(int width, int height) => [.. "BM"u8, .. new byte[12], .. Little32(40), .. Little32((uint)width), .. Little32((uint)height), 1, 0, 24, 0];

    public static byte[] BmpOfOs2(int width, int height) => [.. "BM"u8, .. new byte[12], .. Little32(12), .. Little16(width), .. Little16(height), 1, 0, 24, 0];

    public static byte[] Tiff(int width, int height) =>
        [.. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 2, 1, 0, 0, 3, 0, 0, 0, 1, .. Big16(width), 0, 0, 1, 1, 0, 4, 0, 0, 0, 1, .. Big32(height)];

    /// <summary>An image of a grid of parts: HEIC, or AVIF with its brand.</summary>
    public static byte[] Heif(int width, int height, string brand = "heic") =>
    [
        .. Box("ftyp", [.. Encoding.ASCII.GetBytes(brand), 0, 0, 0, 0, .. "mif1"u8]),
        .. Box("meta", [0, 0, 0, 0, .. Box("hdlr", new byte[20]), .. Box("iprp", Box("ipco", [.. Box("ispe", [0, 0, 0, 0, .. Big32(512), .. Big32(512)]), .. Box("ispe", [0, 0, 0, 0, .. Big32(width), .. Big32(height)]), .. Box("irot", [1])]))]),
        .. Box("mdat", new byte[64]),
    ];

    /// <summary>A video whose movie header stands after its data, and whose data looks like another header.</summary>
    public static byte[] Mp4(uint seconds, int size, uint trackSeconds = 0, uint samples = 0) =>
    [
        .. Box("ftyp", [.. "isom"u8, 0, 0, 0, 0]),
        .. Box("mdat", [.. Box("mvhd", [.. new byte[12], .. Big32(1), .. Big32(77), .. new byte[80]]), .. new byte[size]]),
        .. Box("moov", [.. Box("mvhd", [.. new byte[12], .. Big32(1000), .. Big32((int)(seconds * 1000)), .. new byte[80]]),
            .. Box("trak", [.. Box("tkhd", new byte[84]), .. Box("mdia", [.. Box("mdhd", [1, 0, 0, 0, .. new byte[16], .. Big32(30), 0, 0, 0, 0, .. Big32((int)(trackSeconds * 30)), 0, 0, 0, 0]),
                .. Box("minf", Box("stbl", Box("stts", [0, 0, 0, 0, 0, 0, 0, 1, .. Big32((int)samples), 0, 0, 0, 1])))])])]),
    ];

    public static byte[] Mp4InFragments(uint seconds) =>
    [
        .. Box("ftyp", [.. "iso5"u8, 0, 0, 0, 0]),
        .. Box("moov", [.. Box("mvhd", [.. new byte[12], .. Big32(600), 0, 0, 0, 0, .. new byte[80]]), .. Box("mvex", Box("mehd", [0, 0, 0, 0, .. Big32((int)(seconds * 600))]))]),
    ];

    public static byte[] WebM(double milliseconds) =>
    [
        .. Element([0x1A, 0x45, 0xDF, 0xA3], [0x42, 0x82, 0x84, .. "webm"u8]),
        0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        .. Element([0x15, 0x49, 0xA9, 0x66], [0x2A, 0xD7, 0xB1, 0x83, 0x0F, 0x42, 0x40, 0x44, 0x89, 0x88, .. BigDouble(milliseconds)]),
        .. Element([0x1F, 0x43, 0xB6, 0x75], [0xE7, 0x82, 0x03, 0xE8, 0xA3, 0x84, 0x81, 0, 0, 0]),
    ];

    public static byte[] Wav(int seconds, uint statedRate = 16_000) =>
        [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 1, 0, .. Little32(8000), .. Little32(statedRate), 2, 0, 16, 0, .. new byte[(16_000 * seconds) - 36]];

    public static byte[] Flac(uint seconds) => [.. "fLaC"u8, 0, 0, 0, 34, .. new byte[10], 0x0A, 0xC4, 0x42, 0xF0, .. Big32((int)(44_100 * seconds)), .. new byte[16]];

    public static byte[] Opus(int seconds) => [.. Page(0, "OpusHead\u0001\u0001"), .. Page(48_000 * seconds, "audio")];

    /// <summary>An MP3 whose first frame has a high bit rate, and the others a low one.</summary>
    public static byte[] VariableMp3(int frames)
    {
        var file = new List<byte>([0xFF, 0xFB, 0xE0, 0x00, .. new byte[1044 - 4]]);
        for (int frame = 0; frame < frames; frame++)
        {
            file.AddRange([0xFF, 0xFB, 0x10, 0x00, .. new byte[104 - 4]]);
        }

        return [.. file];
    }

    public static byte[] Aac(int frames) => [.. Enumerable.Repeat<byte[]>([0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC, .. new byte[9]], frames).SelectMany(frame => frame)];

    private static byte[] Padded(ReadOnlySpan<byte> start, int length)
    {
        byte[] data = new byte[length];
        start.CopyTo(data);
        return data;
    }

    private static byte[] WebP(string kind, byte[] content) => [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. Encoding.ASCII.GetBytes(kind), .. Little32((uint)content.Length), .. content];

    private static byte[] Page(long granule, string content) =>
        [.. "OggS"u8, 0, 0, .. BitConverter.GetBytes(granule), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte)content.Length, .. Encoding.ASCII.GetBytes(content)];

    private static byte[] Box(string type, byte[] content) => [.. Big32(content.Length + 8), .. Encoding.ASCII.GetBytes(type), .. content];

    private static byte[] Element(byte[] id, byte[] content) => [.. id, (byte)(0x80 | content.Length), .. content];

    private static byte[] Big16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Big32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] BigDouble(double value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Little16(int value) => [(byte)value, (byte)(value >> 8)];

    private static byte[] Little32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
