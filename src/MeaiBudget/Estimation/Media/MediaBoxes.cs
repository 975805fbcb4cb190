using System.Buffers.Binary;
using System.Text;

namespace MeaiBudget;

/// <summary>Reads the boxes of the ISO base media file format (ISO/IEC 14496-12): MP4, MOV, 3GP, M4A, HEIC and AVIF files.</summary>
internal static class MediaBoxes
{
    private const int Header = 8;
    private const int LongHeader = 16;

    /// <summary>Takes the first box off a sequence of boxes. Returns false at the end, or if there is no box.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> boxes, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content)
    {
        type = content = default;
        if (boxes.Length < Header)
        {
            return false;
        }

        // A length of 1 means that a length of 64 bits follows, and 0 that the box ends with the file.
        ulong length = BinaryPrimitives.ReadUInt32BigEndian(boxes);
        int header = length == 1 ? LongHeader : Header;
        if (boxes.Length < header)
        {
            return false;
        }

        length = length == 1 ? BinaryPrimitives.ReadUInt64BigEndian(boxes[Header..]) : length == 0 ? (ulong)boxes.Length : length;
        if (length < (ulong)header)
        {
            return false;
        }

        // A file may be cut within the box.
        int end = (int)Math.Min(length, (ulong)boxes.Length);
        type = boxes.Slice(4, 4);
        content = boxes[header..end];
        boxes = boxes[end..];
        return true;
    }

    /// <summary>Finds the first box on a path of types.</summary>
    public static bool TryFind(ReadOnlySpan<byte> boxes, out ReadOnlySpan<byte> content, params ReadOnlySpan<string> path)
    {
        content = boxes;
        Span<byte> wanted = stackalloc byte[4];
        foreach (string step in path)
        {
            ReadOnlySpan<byte> rest = content;
            Encoding.ASCII.GetBytes(step, wanted);
            bool isFound;
            do
            {
                if (!TryTake(ref rest, out ReadOnlySpan<byte> type, out content))
                {
                    return false;
                }

                isFound = type.SequenceEqual(wanted);
            }
            while (!isFound);

            // The content of this box begins with a version and flags.
            content = step == "meta" && content.Length >= 4 ? content[4..] : content;
        }

        return true;
    }
}
