using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Size of an image in pixels.</summary>
internal readonly record struct ImageSize(int Width, int Height)
{
    // No provider accepts larger images, so a header with larger values is invalid.
    private const int Largest = 65_535;

    /// <summary>
    /// Reads the size from the header of a PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF or HEIC file. Returns null for other formats, files that end
    /// before their size, and implausible sizes.
    /// </summary>
    public static ImageSize? TryRead(ReadOnlySpan<byte> data)
    {
        ImageSize? size = data switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ReadPng(data),
            [0xFF, 0xD8, ..] => ReadJpeg(data),
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => ReadGif(data),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ReadWebP(data),
            [(byte)'B', (byte)'M', ..] when data.Length >= 26 => ReadBitmap(data),
            [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => ReadTiff(data),
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => ReadHeif(data),
            _ => null,
        };
        return size is { Width: > 0 and <= Largest, Height: > 0 and <= Largest } ? size : null;
    }

    // The header is the first chunk. Apple's tools write a chunk of their own ("CgBI") before it.
    private static ImageSize? ReadPng(ReadOnlySpan<byte> data)
    {
        const int ChunkFrame = 12;
        int position = 8;
        while (position + 24 - 8 <= data.Length)
        {
            if (data.Slice(position + 4, 4).SequenceEqual("IHDR"u8))
            {
                return new(BinaryPrimitives.ReadInt32BigEndian(data[(position + 8)..]), BinaryPrimitives.ReadInt32BigEndian(data[(position + 12)..]));
            }

            uint length = BinaryPrimitives.ReadUInt32BigEndian(data[position..]);
            if (length > data.Length - position)
            {
                return null;
            }

            position += ChunkFrame + (int)length;
        }

        return null;
    }

    // The canvas of all frames. A frame may be larger, and then some readers show all of it.
    private static ImageSize? ReadGif(ReadOnlySpan<byte> data)
    {
        const int SizeEnd = 10;
        const int Header = 13;
        const int FrameSize = 9;
        if (data.Length < SizeEnd)
        {
            return null;
        }

        int width = BinaryPrimitives.ReadUInt16LittleEndian(data[6..]);
        int height = BinaryPrimitives.ReadUInt16LittleEndian(data[8..]);
        int frame = data.Length > SizeEnd ? Header + ((data[10] & 0x80) != 0 ? 3 << ((data[10] & 7) + 1) : 0) : data.Length;
        return frame + FrameSize <= data.Length && data[frame] == (byte)','
            ? new(Math.Max(width, BinaryPrimitives.ReadUInt16LittleEndian(data[(frame + 5)..])), Math.Max(height, BinaryPrimitives.ReadUInt16LittleEndian(data[(frame + 7)..])))
            : new(width, height);
    }

    // A header of 12 bytes, of OS/2, has sizes of 16 bits. A negative height means that the rows begin at the top.
    private static ImageSize ReadBitmap(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadInt32LittleEndian(data[14..]) == 12
        ? new(BinaryPrimitives.ReadUInt16LittleEndian(data[18..]), BinaryPrimitives.ReadUInt16LittleEndian(data[20..]))
        : new(BinaryPrimitives.ReadInt32LittleEndian(data[18..]), Math.Abs(Math.Max(BinaryPrimitives.ReadInt32LittleEndian(data[22..]), -Largest - 1)));

    private static ImageSize? ReadTiff(ReadOnlySpan<byte> data)
    {
        const int Entry = 12;
        bool isLittle = data[0] == (byte)'I';
        uint directory = data.Length >= 8 ? Read32(data[4..], isLittle) : uint.MaxValue;
        if (directory > data.Length - 2)
        {
            return null;
        }

        int width = 0;
        int height = 0;
        int entries = Read16(data[(int)directory..], isLittle);
        for (int position = (int)directory + 2; entries > 0 && position + Entry <= data.Length; entries--, position += Entry)
        {
            int tag = Read16(data[position..], isLittle);
            int value = Read16(data[(position + 2)..], isLittle) == 3 ? Read16(data[(position + 8)..], isLittle) : (int)Math.Min(int.MaxValue, Read32(data[(position + 8)..], isLittle));
            width = tag == 256 ? value : width;
            height = tag == 257 ? value : height;
        }

        return new(width, height);
    }

    private static ushort Read16(ReadOnlySpan<byte> data, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint Read32(ReadOnlySpan<byte> data, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);

    // A file has a size for each item: the image, its thumbnail and, in a grid, its parts. The largest is the image's.
    private static ImageSize? ReadHeif(ReadOnlySpan<byte> data)
    {
        const int PropertyLength = 20;
        if (!MediaBoxes.TryFind(data, out ReadOnlySpan<byte> properties, "meta", "iprp", "ipco"))
        {
            return null;
        }

        ImageSize? largest = null;
        while (MediaBoxes.TryTake(ref properties, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content))
        {
            if (type.SequenceEqual("ispe"u8) && content.Length >= PropertyLength - 8)
            {
                var size = new ImageSize(BinaryPrimitives.ReadInt32BigEndian(content[4..]), BinaryPrimitives.ReadInt32BigEndian(content[8..]));
                largest = largest is { } other && (long)other.Width * other.Height >= (long)size.Width * size.Height ? other : size;
            }
        }

        return largest;
    }

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
        ReadOnlySpan<byte> kind = data.Length >= 25 ? data[12..16] : default;
        if (kind.SequenceEqual("VP8 "u8) && data.Length >= 30 && data[23] == 0x9D && data[24] == 0x01 && data[25] == 0x2A)
        {
            return new(BinaryPrimitives.ReadUInt16LittleEndian(data[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(data[28..]) & 0x3FFF);
        }

        if (kind.SequenceEqual("VP8L"u8) && data[20] == 0x2F)
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(data[21..]);
            return new((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1);
        }

        // The canvas of an extended file, which may be animated or have transparency.
        return kind.SequenceEqual("VP8X"u8) && data.Length >= 30
            ? new(1 + (data[24] | (data[25] << 8) | (data[26] << 16)), 1 + (data[27] | (data[28] << 8) | (data[29] << 16)))
            : null;
    }
}
