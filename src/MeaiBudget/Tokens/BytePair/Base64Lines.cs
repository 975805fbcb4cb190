using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Decodes Base64 at process start. The methods do not check where the text ends: it must end with a line end, with padding behind it.</summary>
internal static class Base64Lines
{
    // A character that has no value in Base64 gets a bit that no value has.
    private const byte NoSextet = 0x80;

    /// <summary>The value of each character.</summary>
    internal static ReadOnlySpan<byte> Sextets =>
    [
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 62, 0x80, 0x80, 0x80, 63,
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    ];
    /// <summary>Decodes four characters to three bytes, and writes a fourth one; returns false if one of them has no value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryDecodeGroup(ref byte sextets, ref byte text, ref byte bytes)
    {
        uint first = Unsafe.Add(ref sextets, (nuint)text);
        uint second = Unsafe.Add(ref sextets, (nuint)Unsafe.Add(ref text, 1));
        uint third = Unsafe.Add(ref sextets, (nuint)Unsafe.Add(ref text, 2));
        uint fourth = Unsafe.Add(ref sextets, (nuint)Unsafe.Add(ref text, 3));
        if (((first | second | third | fourth) & NoSextet) != 0)
        {
            return false;
        }

        uint group = (first << 26) | (second << 20) | (third << 14) | (fourth << 8);
        Unsafe.WriteUnaligned(ref bytes, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(group) : group);
        return true;
    }

    /// <summary>Decodes the last one or two bytes of a line, if it has them, up to its line end.</summary>
    internal static bool TryDecodeEnd(ref byte text, ref byte next, out int characters, out int bytes)
    {
        characters = 0;
        bytes = 0;
        if (text != (byte)'\r')
        {
            uint first = Sextets[text];
            uint second = Sextets[Unsafe.Add(ref text, 1)];
            byte character = Unsafe.Add(ref text, 2);
            uint third = character == (byte)'=' ? 0u : Sextets[character];
            if (((first | second | third) & NoSextet) != 0 || Unsafe.Add(ref text, 3) != (byte)'=')
            {
                return false;
            }

            next = (byte)((first << 2) | (second >> 4));
            Unsafe.Add(ref next, 1) = (byte)((second << 4) | (third >> 2));
            bytes = character == (byte)'=' ? 1 : 2;
            characters = 4;
        }

        characters += Unsafe.Add(ref text, characters) == (byte)'\r' ? 1 : 0;
        return Unsafe.Add(ref text, characters) == (byte)'\n';
    }
}
