using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Reads the duration of audio and video from the headers of the file, without decoding it.</summary>
/// <remarks>If a file states its duration in several places, the longest is used. Takes time that grows linearly with the file.</remarks>
internal static class MediaDuration
{
    // A day. A longer duration is not plausible for data in a request, so the header is invalid.
    private const double Longest = 86_400;

    /// <summary>
    /// Returns the duration in seconds of an MP4, MOV, 3GP, M4A, WebM, Matroska, AVI, WAV, FLAC, Ogg, MP3 or AAC file; null for other
    /// formats, files without a duration, and implausible headers.
    /// </summary>
    public static double? TryRead(ReadOnlySpan<byte> data)
    {
        double? seconds = data switch
        {
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => ReadMp4(data),
            [0x1A, 0x45, 0xDF, 0xA3, ..] => MatroskaDuration.TryRead(data),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'A', (byte)'V', (byte)'E', ..] => ReadWav(data),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'A', (byte)'V', (byte)'I', ..] => ReadAvi(data),
            [(byte)'f', (byte)'L', (byte)'a', (byte)'C', ..] => ReadFlac(data),
            [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..] => ReadOgg(data),
            [(byte)'I', (byte)'D', (byte)'3', ..] => FramedAudioDuration.TryRead(SkipTag(data)),
            [0xFF, >= 0xE0, ..] => FramedAudioDuration.TryRead(data),
            _ => null,
        };
        return seconds is > 0 and < Longest ? seconds : null;
    }

    // The movie's header, the tracks' headers and tables of sample times, and in a file of fragments their sum each state a duration.
    private static double? ReadMp4(ReadOnlySpan<byte> data)
    {
        if (!MediaBoxes.TryFind(data, out ReadOnlySpan<byte> movie, "moov"))
        {
            return null;
        }

        (double seconds, uint scale) = MediaBoxes.TryFind(movie, out ReadOnlySpan<byte> header, "mvhd") ? ReadTimes(header) : default;
        if (scale > 0 && MediaBoxes.TryFind(movie, out ReadOnlySpan<byte> fragments, "mvex", "mehd") && fragments.Length >= 8)
        {
            double duration = fragments[0] == 1 && fragments.Length >= 12 ? BinaryPrimitives.ReadUInt64BigEndian(fragments[4..]) : BinaryPrimitives.ReadUInt32BigEndian(fragments[4..]);
            seconds = Math.Max(seconds, duration / scale);
        }

        while (MediaBoxes.TryTake(ref movie, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> track))
        {
            if (type.SequenceEqual("trak"u8) && MediaBoxes.TryFind(track, out ReadOnlySpan<byte> media, "mdia") && MediaBoxes.TryFind(media, out ReadOnlySpan<byte> times, "mdhd"))
            {
                (double stated, uint trackScale) = ReadTimes(times);
                double sampled = trackScale > 0 && MediaBoxes.TryFind(media, out ReadOnlySpan<byte> table, "minf", "stbl", "stts") ? SumSamples(table) / trackScale : 0;
                seconds = Math.Max(seconds, Math.Max(stated, sampled));
            }
        }

        return seconds;
    }

    // A header has a version and flags, two dates, the time scale and the duration. In version 1 dates and duration have 64 bits.
    private static (double Seconds, uint Scale) ReadTimes(ReadOnlySpan<byte> header)
    {
        const int Longer = 32;
        if (header.Length < Longer && (header.Length < 20 || header[0] == 1))
        {
            return default;
        }

        bool isLong = header[0] == 1;
        uint scale = BinaryPrimitives.ReadUInt32BigEndian(header[(isLong ? 20 : 12)..]);
        double duration = isLong ? BinaryPrimitives.ReadUInt64BigEndian(header[24..]) : BinaryPrimitives.ReadUInt32BigEndian(header[16..]);

        // All bits are set if the duration is not known.
        bool isKnown = scale > 0 && duration < (isLong ? ulong.MaxValue : uint.MaxValue);
        return (isKnown ? duration / scale : 0, scale);
    }

    private static double SumSamples(ReadOnlySpan<byte> table)
    {
        const int Entry = 8;
        double sum = 0;
        for (int position = 8; position + Entry <= table.Length; position += Entry)
        {
            sum += (double)BinaryPrimitives.ReadUInt32BigEndian(table[position..]) * BinaryPrimitives.ReadUInt32BigEndian(table[(position + 4)..]);
        }

        return sum;
    }

    private static double? ReadWav(ReadOnlySpan<byte> data)
    {
        if (data.Length < 36)
        {
            return null;
        }

        long stated = BinaryPrimitives.ReadUInt32LittleEndian(data[28..]);
        long computed = BinaryPrimitives.ReadUInt32LittleEndian(data[24..]) * (long)BinaryPrimitives.ReadUInt16LittleEndian(data[32..]);
        long bytesPerSecond = stated == 0 || computed == 0 ? Math.Max(stated, computed) : Math.Min(stated, computed);
        return bytesPerSecond == 0 ? null : data.Length / (double)bytesPerSecond;
    }

    private static double? ReadAvi(ReadOnlySpan<byte> data)
    {
        int found = data[..Math.Min(data.Length, 512)].IndexOf("avih"u8);
        return found >= 0 && found + 28 <= data.Length
            ? BinaryPrimitives.ReadUInt32LittleEndian(data[(found + 8)..]) / 1e6 * BinaryPrimitives.ReadUInt32LittleEndian(data[(found + 24)..])
            : null;
    }

    // The stream's properties have 20 bits of sample rate, 8 of channels and size, and 36 of samples.
    private static double? ReadFlac(ReadOnlySpan<byte> data)
    {
        ulong bits = data.Length >= 26 ? BinaryPrimitives.ReadUInt64BigEndian(data[18..]) : 0;
        ulong rate = bits >> 44;
        return rate == 0 ? null : (bits & 0xF_FFFF_FFFF) / (double)rate;
    }

    // The last page has the number of samples to its end. Opus always counts 48,000 a second.
    private static double? ReadOgg(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> start = data[..Math.Min(data.Length, 128)];
        int vorbis = start.IndexOf("\u0001vorbis"u8);
        double rate = start.IndexOf("OpusHead"u8) >= 0 ? 48_000
            : vorbis >= 0 && vorbis + 16 <= data.Length ? BinaryPrimitives.ReadUInt32LittleEndian(data[(vorbis + 12)..]) : 0;
        int last = data.LastIndexOf("OggS"u8);
        return rate > 0 && last + 14 <= data.Length ? BinaryPrimitives.ReadInt64LittleEndian(data[(last + 6)..]) / rate : null;
    }

    private static ReadOnlySpan<byte> SkipTag(ReadOnlySpan<byte> data)
    {
        const int Header = 10;
        if (data.Length < Header)
        {
            return default;
        }

        int length = ((data[6] & 0x7F) << 21) | ((data[7] & 0x7F) << 14) | ((data[8] & 0x7F) << 7) | (data[9] & 0x7F);
        return length < data.Length - Header ? data[(Header + length)..] : default;
    }
}
