using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Size of an image in pixels.</summary>
internal readonly record struct ImageSize(int Width, int Height)
{
    // No provider accepts larger images, so a header with larger values is invalid.
    private const int Largest = 65_535;

    /// <summary>Reads the size from the header of a PNG, JPEG, GIF, WebP or BMP file. Returns null for other formats and implausible sizes.</summary>
    public static ImageSize? TryRead(ReadOnlySpan<byte> data)
    {
        ImageSize? size = data switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ReadPng(data),
            [0xFF, 0xD8, ..] => ReadJpeg(data),
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] when data.Length >= 10 =>
                new(BinaryPrimitives.ReadUInt16LittleEndian(data[6..]), BinaryPrimitives.ReadUInt16LittleEndian(data[8..])),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ReadWebP(data),
            [(byte)'B', (byte)'M', ..] when data.Length >= 26 =>
                new(BinaryPrimitives.ReadInt32LittleEndian(data[18..]), Math.Abs((int)Math.Max(BinaryPrimitives.ReadInt32LittleEndian(data[22..]), -Largest))),
            _ => null,
        };
        return size is { Width: > 0 and <= Largest, Height: > 0 and <= Largest } ? size : null;
    }

    private static ImageSize? ReadPng(ReadOnlySpan<byte> data) => data.Length >= 24 && data[12..16].SequenceEqual("IHDR"u8)
        ? new(BinaryPrimitives.ReadInt32BigEndian(data[16..]), BinaryPrimitives.ReadInt32BigEndian(data[20..]))
        : null;

    private static ImageSize? ReadJpeg(ReadOnlySpan<byte> data)
    {
        int position = 2;
        while (position + 9 < data.Length)
        {
            if (data[position] != 0xFF)
            {
                return null;
            }

            byte marker = data[position + 1];
            if (marker is 0xFF or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                position += marker == 0xFF ? 1 : 2;
                continue;
            }

            // A start-of-frame segment has the size. 0xC4, 0xC8 and 0xCC are other segments in the same range.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return new(BinaryPrimitives.ReadUInt16BigEndian(data[(position + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(data[(position + 5)..]));
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(data[(position + 2)..]);
            if (length < 2)
            {
                return null;
            }

            position += 2 + length;
        }

        return null;
    }

    private static ImageSize? ReadWebP(ReadOnlySpan<byte> data)
    {
        if (data.Length < 30)
        {
            return null;
        }

        ReadOnlySpan<byte> kind = data[12..16];
        if (kind.SequenceEqual("VP8 "u8))
        {
            return new(BinaryPrimitives.ReadUInt16LittleEndian(data[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(data[28..]) & 0x3FFF);
        }

        if (kind.SequenceEqual("VP8L"u8))
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(data[21..]);
            return new((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1);
        }

        return kind.SequenceEqual("VP8X"u8)
            ? new(1 + (data[24] | (data[25] << 8) | (data[26] << 16)), 1 + (data[27] | (data[28] << 8) | (data[29] << 16)))
            : null;
    }
}
