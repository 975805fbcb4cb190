using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>
/// Finds the starts of the pieces in up to 64 bytes of ASCII at once: one bit a byte, one mask a character class, and the
/// patterns of o200k and cl100k as arithmetic on the masks. Says nothing where a piece depends on what it cannot see.
/// </summary>
internal static class AsciiBlock
{
    /// <summary>The bytes that must be readable from the start of a block.</summary>
    internal const int Size = 64;

    /// <summary>Gives the starts of pieces in the bytes from the start of a piece on.</summary>
    /// <typeparam name="TPattern">The split pattern.</typeparam>
    /// <param name="text">The first byte; starts a piece.</param>
    /// <param name="length">The bytes that belong to the text, at least 1; <see cref="Size"/> must be readable.</param>
    /// <param name="digits">The bytes that are digits.</param>
    /// <returns>A bit for each byte that starts a piece, up to the last that is certain; 0 if none but the first is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Starts<TPattern>(ref byte text, int length, out ulong digits)
        where TPattern : struct, ISplitPattern
    {
        Classify(ref text, out ulong letters, out ulong lower, out digits, out ulong space, out ulong blank, out ulong newLine, out ulong apostrophe, out ulong slash, out ulong beyond);

        // What is known: up to the first byte that is not ASCII, and no further than the text.
        int known = Math.Min(Math.Min(length, Size), BitOperations.TrailingZeroCount(beyond));
        if (known < 2)
        {
            return 0;
        }

        ulong seen = ulong.MaxValue >> (Size - known);
        letters &= seen;
        digits &= seen;
        space &= seen;
        blank &= seen;
        newLine &= seen;
        ulong symbols = seen & ~(letters | digits | blank | newLine);

        // Lines ends (and slashes) that directly follow symbols belong to their piece: a carry runs from the first through all.
        ulong absorbing = TPattern.AbsorbsSlashes ? newLine | (slash & symbols) : newLine;
        ulong first = newLine & (symbols << 1);
        ulong absorbed = (absorbing & ~(absorbing + first)) | first;
        ulong symbol = symbols & ~absorbed;
        ulong line = newLine & ~absorbed;
        ulong white = blank | line;

        ulong symbolStart = symbol & ~(symbol << 1);
        ulong wordStart = letters & ~(letters << 1);
        ulong beforeWord = letters >> 1;

        // A blank, or one symbol that has no space before it, is the prefix of the word that follows.
        ulong prefix = (blank | (symbolStart & ~(space << 1))) & beforeWord;

        ulong starts = (wordStart & ~(prefix << 1))
            | prefix
            | (symbolStart & ~(space << 1))
            | (space & (symbolStart >> 1))
            | (absorbed << 1 & ~absorbed)
            | (white & ~(white << 1))
            | (blank & ~(white >> 1))
            | (line << 1 & ~line);
        if (TPattern.SplitsCase)
        {
            starts |= (letters & ~lower) & (lower << 1);
        }

        // Numbers in groups of three.
        ulong group = digits & ~(digits << 1);
        ulong inNumber = digits & (digits << 1);
        ulong third = inNumber & (inNumber << 1) & (digits << 3);
        do
        {
            starts |= group;
            group = (group << 3) & third;
        }
        while (group != 0);

        // The last start that is certain. White space at the end may go on, and its last character may belong to what follows.
        ulong anyWhite = blank | newLine;
        int last = known - 2;
        if ((anyWhite >> (known - 1) & 1) != 0)
        {
            last = Size - BitOperations.LeadingZeroCount(seen & ~anyWhite);
        }

        // Blanks between two line ends belong to the piece of both: leave them, they are rare.
        ulong blankLine = (blank + ((line << 1) & blank)) & line & ~blank;
        if (blankLine != 0 && ((line << 1) & blank) != 0)
        {
            last = Math.Min(last, BitOperations.TrailingZeroCount((line << 1) & blank) - 1);
        }

        // Contractions, which are rarer still.
        ulong contraction = apostrophe & beforeWord & (TPattern.SplitsContractions ? starts : letters << 1);
        if (contraction != 0)
        {
            last = Math.Min(last, BitOperations.TrailingZeroCount(contraction) - (TPattern.SplitsContractions ? 0 : 1));
        }

        return last <= 0 ? 0 : starts & ~1UL & ((2UL << last) - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Classify(
        ref byte text,
        out ulong letters,
        out ulong lower,
        out ulong digits,
        out ulong space,
        out ulong blank,
        out ulong newLine,
        out ulong apostrophe,
        out ulong slash,
        out ulong beyond)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            Masks256(ref text, 0, out letters, out lower, out digits, out space, out blank, out newLine, out apostrophe, out slash, out beyond);
            Masks256(ref text, 32, out ulong letters2, out ulong lower2, out ulong digits2, out ulong space2, out ulong blank2, out ulong newLine2, out ulong apostrophe2, out ulong slash2, out ulong beyond2);
            letters |= letters2 << 32;
            lower |= lower2 << 32;
            digits |= digits2 << 32;
            space |= space2 << 32;
            blank |= blank2 << 32;
            newLine |= newLine2 << 32;
            apostrophe |= apostrophe2 << 32;
            slash |= slash2 << 32;
            beyond |= beyond2 << 32;
            return;
        }

        letters = lower = digits = space = blank = newLine = apostrophe = slash = beyond = 0;
        for (int i = 0; i < Size; i += Vector128<byte>.Count)
        {
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref text, (nuint)i);
            Vector128<byte> folded = bytes | Vector128.Create((byte)0x20);
            Vector128<byte> letter = Vector128.LessThan(folded - Vector128.Create((byte)'a'), Vector128.Create((byte)26));
            letters |= (ulong)letter.ExtractMostSignificantBits() << i;
            lower |= (ulong)(letter & Vector128.Equals(bytes, folded)).ExtractMostSignificantBits() << i;
            digits |= (ulong)Vector128.LessThan(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)10)).ExtractMostSignificantBits() << i;
            Vector128<byte> isSpace = Vector128.Equals(bytes, Vector128.Create((byte)' '));
            Vector128<byte> isLine = Vector128.Equals(bytes, Vector128.Create((byte)'\n')) | Vector128.Equals(bytes, Vector128.Create((byte)'\r'));
            Vector128<byte> control = Vector128.LessThan(bytes - Vector128.Create((byte)'\t'), Vector128.Create((byte)5));
            space |= (ulong)isSpace.ExtractMostSignificantBits() << i;
            newLine |= (ulong)isLine.ExtractMostSignificantBits() << i;
            blank |= (ulong)(isSpace | Vector128.AndNot(control, isLine)).ExtractMostSignificantBits() << i;
            apostrophe |= (ulong)Vector128.Equals(bytes, Vector128.Create((byte)'\'')).ExtractMostSignificantBits() << i;
            slash |= (ulong)Vector128.Equals(bytes, Vector128.Create((byte)'/')).ExtractMostSignificantBits() << i;
            beyond |= (ulong)bytes.ExtractMostSignificantBits() << i;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Masks256(
        ref byte text,
        nuint offset,
        out ulong letters,
        out ulong lower,
        out ulong digits,
        out ulong space,
        out ulong blank,
        out ulong newLine,
        out ulong apostrophe,
        out ulong slash,
        out ulong beyond)
    {
        Vector256<byte> bytes = Vector256.LoadUnsafe(ref text, offset);
        Vector256<byte> folded = bytes | Vector256.Create((byte)0x20);
        Vector256<byte> letter = Vector256.LessThan(folded - Vector256.Create((byte)'a'), Vector256.Create((byte)26));
        letters = letter.ExtractMostSignificantBits();
        lower = (letter & Vector256.Equals(bytes, folded)).ExtractMostSignificantBits();
        digits = Vector256.LessThan(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)10)).ExtractMostSignificantBits();
        Vector256<byte> isSpace = Vector256.Equals(bytes, Vector256.Create((byte)' '));
        Vector256<byte> isLine = Vector256.Equals(bytes, Vector256.Create((byte)'\n')) | Vector256.Equals(bytes, Vector256.Create((byte)'\r'));
        Vector256<byte> control = Vector256.LessThan(bytes - Vector256.Create((byte)'\t'), Vector256.Create((byte)5));
        space = isSpace.ExtractMostSignificantBits();
        newLine = isLine.ExtractMostSignificantBits();
        blank = (isSpace | Vector256.AndNot(control, isLine)).ExtractMostSignificantBits();
        apostrophe = Vector256.Equals(bytes, Vector256.Create((byte)'\'')).ExtractMostSignificantBits();
        slash = Vector256.Equals(bytes, Vector256.Create((byte)'/')).ExtractMostSignificantBits();
        beyond = bytes.ExtractMostSignificantBits();
    }
}
