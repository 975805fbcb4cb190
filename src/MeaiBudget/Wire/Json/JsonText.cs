using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>Strings of JSON as they are written.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> SimpleEscapes = SearchValues.Create("\"\\/bfnrt"u8);

    /// <summary>Says whether a byte behind a backslash stands for one character.</summary>
    public static bool IsSimpleEscape(byte kind) => SimpleEscapes.Contains(kind);

    /// <summary>Finds the first quote or backslash; -1 if there is none. Most strings of a protocol are short, so the first bytes are looked at without a call.</summary>
    public static int FindMark(ReadOnlySpan<byte> text)
    {
        if (Vector128.IsHardwareAccelerated && text.Length >= Vector128<byte>.Count)
        {
            var first = Vector128.Create(text);
            uint marks = (Vector128.Equals(first, Vector128.Create((byte)'"')) | Vector128.Equals(first, Vector128.Create((byte)'\\'))).ExtractMostSignificantBits();
            if (marks != 0)
            {
                return BitOperations.TrailingZeroCount(marks);
            }
        }

        return text.IndexOfAny((byte)'"', (byte)'\\');
    }

    /// <summary>Finds the end of a string that stands whole in the bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="at">Where the string's text begins.</param>
    /// <param name="length">Its length in UTF-8, without escapes.</param>
    /// <returns>Where its closing quote stands; -1 if the bytes have none, or a broken escape.</returns>
    public static int FindStringEnd(ReadOnlySpan<byte> bytes, int at, out long length)
    {
        length = 0;
        bool afterHighSurrogate = false;
        while (at < bytes.Length)
        {
            if (bytes[at] != (byte)'\\')
            {
                int run = FindMark(bytes[at..]);
                if (run < 0)
                {
                    return -1;
                }

                length += run;
                at += run;
                if (bytes[at] == (byte)'"')
                {
                    return at;
                }

                afterHighSurrogate &= run == 0;
            }

            if (at + 1 >= bytes.Length)
            {
                return -1;
            }

            if (bytes[at + 1] != (byte)'u')
            {
                if (!SimpleEscapes.Contains(bytes[at + 1]))
                {
                    return -1;
                }

                (length, at, afterHighSurrogate) = (length + 1, at + 2, false);
                continue;
            }

            if (at + 6 > bytes.Length || !TryReadHex(bytes.Slice(at + 2, 4), out uint character))
            {
                return -1;
            }

            length += afterHighSurrogate && character is >= 0xDC00 and <= 0xDFFF ? 1 : Utf8Length(character);
            afterHighSurrogate = character is >= 0xD800 and <= 0xDBFF;
            at += 6;
        }

        return -1;
    }

    /// <summary>Reads four hexadecimal digits.</summary>
    public static bool TryReadHex(ReadOnlySpan<byte> digits, out uint value)
    {
        int number = (HexDigit(digits[0]) << 12) | (HexDigit(digits[1]) << 8) | (HexDigit(digits[2]) << 4) | HexDigit(digits[3]);
        value = (uint)number;
        return number >= 0;
    }

    /// <summary>The value of a digit; negative, however it is shifted, if it is none.</summary>
    public static int HexDigit(byte digit) => HexDigits[digit];

    private static ReadOnlySpan<sbyte> HexDigits =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    ];

    /// <summary>Gives the length of a character in UTF-8; half a pair counts as what replaces it.</summary>
    public static int Utf8Length(uint character) => character switch
    {
        < 0x80 => 1,
        < 0x800 => 2,
        _ => 3,
    };
}
