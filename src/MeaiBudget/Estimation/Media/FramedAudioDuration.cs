namespace MeaiBudget;

/// <summary>Adds up the frames of an MP3 file (ISO/IEC 11172-3) or an AAC stream (ADTS, ISO/IEC 13818-7).</summary>
internal static class FramedAudioDuration
{
    private const int Header = 6;

    // Kilobits per second by the index in a frame's header: MPEG 1 layers I, II and III, MPEG 2 layer I, MPEG 2 layers II and III.
    private static readonly short[][] Rates =
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
    ];

    private static ReadOnlySpan<int> MpegSamples => [44_100, 48_000, 32_000, 0];

    private static ReadOnlySpan<int> AacSamples => [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350, 0, 0, 0];

    /// <summary>Returns the duration in seconds; null if the data does not begin with a frame.</summary>
    public static double? TryRead(ReadOnlySpan<byte> data)
    {
        double seconds = 0;
        double mostPerByte = 0;
        int position = 0;
        while (position + Header <= data.Length && TryReadFrame(data[position..], out int length, out double duration))
        {
            seconds += duration;
            mostPerByte = Math.Max(mostPerByte, duration / length);
            position += length;
        }

        // What follows is damaged or a tag. It has at most the time of the longest frame's bytes.
        return seconds > 0 ? seconds + (Math.Max(0, data.Length - position) * mostPerByte) : null;
    }

    private static bool TryReadFrame(ReadOnlySpan<byte> frame, out int length, out double seconds)
    {
        length = 0;
        seconds = 0;
        if (frame[0] != 0xFF || frame[1] < 0xE0)
        {
            return false;
        }

        int layer = 4 - ((frame[1] >> 1) & 3);
        return layer == 4 ? TryReadAac(frame, out length, out seconds) : TryReadMpeg(frame, layer, out length, out seconds);
    }

    private static bool TryReadMpeg(ReadOnlySpan<byte> frame, int layer, out int length, out double seconds)
    {
        // Version 3 is MPEG 1, 2 is MPEG 2 with half of its sample rates, 0 is MPEG 2.5 with a quarter.
        int version = (frame[1] >> 3) & 3;
        bool isFirst = version == 3;
        int bits = Rates[isFirst ? layer - 1 : layer == 1 ? 3 : 4][frame[2] >> 4] * 1000;
        int rate = MpegSamples[(frame[2] >> 2) & 3] / (isFirst ? 1 : version == 2 ? 2 : 4);
        int samples = layer == 1 ? 384 : layer == 3 && !isFirst ? 576 : 1152;
        int padding = (frame[2] >> 1) & 1;
        length = 0;
        seconds = 0;
        if (bits == 0 || rate == 0 || version == 1)
        {
            return false;
        }

        length = layer == 1 ? ((12 * bits / rate) + padding) * 4 : (samples / 8 * bits / rate) + padding;
        seconds = samples / (double)rate;
        return true;
    }

    private static bool TryReadAac(ReadOnlySpan<byte> frame, out int length, out double seconds)
    {
        const int Samples = 1024;
        int rate = AacSamples[(frame[2] >> 2) & 15];
        length = ((frame[3] & 3) << 11) | (frame[4] << 3) | (frame[5] >> 5);
        seconds = rate == 0 ? 0 : Samples / (double)rate;
        return rate > 0 && length > Header;
    }
}
