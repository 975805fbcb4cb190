using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Reads valid UTF-8.</summary>
internal static class Utf8Text
{
    /// <summary>Decodes the code point that starts at a byte. The text must be valid, and the byte must start a code point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Decode(ref byte text, out int size)
    {
        int first = text;
        if (first < 0x80)
        {
            size = 1;
            return first;
        }

        if (first < 0xE0)
        {
            size = 2;
            return ((first & 0x1F) << 6) | (Unsafe.Add(ref text, 1) & 0x3F);
        }

        int middle = ((Unsafe.Add(ref text, 1) & 0x3F) << 6) | (Unsafe.Add(ref text, 2) & 0x3F);
        if (first < 0xF0)
        {
            size = 3;
            return ((first & 0x0F) << 12) | middle;
        }

        size = 4;
        return ((first & 0x07) << 18) | (middle << 6) | (Unsafe.Add(ref text, 3) & 0x3F);
    }
}
