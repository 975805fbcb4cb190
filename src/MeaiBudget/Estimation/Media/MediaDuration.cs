using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Reads the duration of audio and video from the header of the file, without decoding it.</summary>
internal static class MediaDuration
{
    // A day. A longer duration is not plausible for data in a request, so the header is invalid.
    private const double Longest = 86_400;
    private const int MpegHeader = 4;

    // Kilobits per second of MPEG 1 layer III, by the index in a frame's header.
    private static ReadOnlySpan<short> MpegRates => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];

    /// <summary>Returns the duration in seconds of an MP4, MOV, WAV or MP3 file; null for other formats and implausible headers.</summary>
    public static double? TryRead(ReadOnlySpan<byte> data)
    {
        double? seconds = data switch
        {
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => ReadMp4(data),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'A', (byte)'V', (byte)'E', ..] => ReadWav(data),
            [(byte)'I', (byte)'D', (byte)'3', ..] => ReadMp3(SkipTag(data)),
            [0xFF, >= 0xE0, ..] => ReadMp3(data),
            _ => null,
        };
        return seconds is > 0 and < Longest ? seconds : null;
    }

    // The movie header has the time scale and the duration, in 32 or 64 bits. It stands before or after the media data.
    private static double? ReadMp4(ReadOnlySpan<byte> data)
    {
        int found = data.LastIndexOf("mvhd"u8);
        if (found < 0 || data.Length < found + 36)
        {
            return null;
        }

        ReadOnlySpan<byte> header = data[(found + 4)..];
        bool isLong = header[0] == 1;
        uint scale = BinaryPrimitives.ReadUInt32BigEndian(header[(isLong ? 20 : 12)..]);
        double duration = isLong ? BinaryPrimitives.ReadUInt64BigEndian(header[24..]) : BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        return scale == 0 ? null : duration / scale;
    }

    private static double? ReadWav(ReadOnlySpan<byte> data)
    {
        uint bytesPerSecond = data.Length >= 32 ? BinaryPrimitives.ReadUInt32LittleEndian(data[28..]) : 0;
        return bytesPerSecond == 0 ? null : data.Length / (double)bytesPerSecond;
    }

    private static ReadOnlySpan<byte> SkipTag(ReadOnlySpan<byte> data)
    {
        const int Header = 10;
        if (data.Length < Header)
        {
            return default;
        }

        int length = (data[6] << 21) | (data[7] << 14) | (data[8] << 7) | data[9];
        return length < data.Length - Header ? data[(Header + length)..] : default;
    }

    // The first frame's bit rate holds for files of a constant one. Others are off by the ratio to the mean.
    private static double? ReadMp3(ReadOnlySpan<byte> data)
    {
        int kilobits = data.Length >= MpegHeader && data[0] == 0xFF ? MpegRates[data[2] >> 4] : 0;
        return kilobits == 0 ? null : data.Length * 8 / (kilobits * 1000.0);
    }
}
