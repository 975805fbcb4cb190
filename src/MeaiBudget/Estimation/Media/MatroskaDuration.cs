using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Reads the duration of a WebM or Matroska file (RFC 9559).</summary>
internal static class MatroskaDuration
{
    private const ulong Segment = 0x18538067;
    private const ulong Information = 0x1549A966;
    private const ulong Scale = 0x2AD7B1;
    private const ulong Duration = 0x4489;
    private const ulong Timestamp = 0xE7;

    // A block's time is a number of 16 bits after its cluster's time.
    private const double LongestCluster = 32_768;

    private static ReadOnlySpan<byte> Cluster => [0x1F, 0x43, 0xB6, 0x75];

    /// <summary>Returns the duration in seconds: that of the header, or the latest time that the last cluster can have, if that is longer.</summary>
    public static double? TryRead(ReadOnlySpan<byte> data)
    {
        if (!TryTake(ref data, out _, out _) || !TryTake(ref data, out ulong id, out ReadOnlySpan<byte> segment) || id != Segment)
        {
            return null;
        }

        // Nanoseconds in a unit of time, and the duration in units.
        double scale = 1_000_000;
        double duration = 0;
        ReadOnlySpan<byte> rest = segment;
        for (int element = 0; element < 64 && TryTake(ref rest, out id, out ReadOnlySpan<byte> content); element++)
        {
            while (id == Information && TryTake(ref content, out ulong field, out ReadOnlySpan<byte> value))
            {
                scale = field == Scale ? Number(value) : scale;
                duration = field == Duration ? Float(value) : duration;
            }
        }

        int last = segment.LastIndexOf(Cluster);
        ReadOnlySpan<byte> cluster = last < 0 ? default : segment[last..];
        if (TryTake(ref cluster, out _, out ReadOnlySpan<byte> times) && TryTake(ref times, out id, out ReadOnlySpan<byte> start) && id == Timestamp)
        {
            double latest = Number(start);
            duration = duration < latest ? latest + LongestCluster : duration;
        }

        return duration * scale / 1e9;
    }

    /// <summary>Takes the first element off a sequence. An element of unknown length extends to the end.</summary>
    private static bool TryTake(scoped ref ReadOnlySpan<byte> elements, out ulong id, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!TryTakeNumber(ref elements, keepsMarker: true, out id, out _) || !TryTakeNumber(ref elements, keepsMarker: false, out ulong length, out bool isUnknown))
        {
            return false;
        }

        int end = isUnknown ? elements.Length : (int)Math.Min(length, (ulong)elements.Length);
        content = elements[..end];
        elements = elements[end..];
        return true;
    }

    // The number of leading zeros in the first byte tells the length of a number.
    private static bool TryTakeNumber(scoped ref ReadOnlySpan<byte> data, bool keepsMarker, out ulong number, out bool isUnknown)
    {
        number = 0;
        isUnknown = false;
        int length = data.Length == 0 || data[0] == 0 ? 9 : System.Numerics.BitOperations.LeadingZeroCount((uint)data[0]) - 24 + 1;
        if (length > 8 || data.Length < length)
        {
            return false;
        }

        for (int index = 0; index < length; index++)
        {
            number = (number << 8) | data[index];
        }

        ulong marker = 1UL << (7 * length);
        isUnknown = number == (marker << 1) - 1;
        number = keepsMarker ? number : number & (marker - 1);
        data = data[length..];
        return true;
    }

    private static double Number(ReadOnlySpan<byte> value)
    {
        double number = 0;
        foreach (byte digit in value[..Math.Min(value.Length, 8)])
        {
            number = (number * 256) + digit;
        }

        return number;
    }

    private static double Float(ReadOnlySpan<byte> value) => value.Length switch
    {
        4 => BinaryPrimitives.ReadSingleBigEndian(value),
        8 => BinaryPrimitives.ReadDoubleBigEndian(value),
        _ => 0,
    };
}
