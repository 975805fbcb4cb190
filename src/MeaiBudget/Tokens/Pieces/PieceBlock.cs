using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MeaiBudget;

/// <summary>
/// Finds the starts of the pieces in up to 64 bytes at once, with one bit for each byte, one mask for each character class, and the
/// patterns of o200k and cl100k as arithmetic on the masks. Stops before a piece that depends on bytes outside the block.
/// </summary>
internal static class PieceBlock
{
    /// <summary>The number of bytes in a block.</summary>
    internal const int Size = 64;

    // The shift of a class by which one of its flags becomes the highest bit.
    private const int LeadShift = 7;
    private const int TrailShift = 6;
    private const int LetterShift = 5;
    private const int NumberShift = 4;
    private const int WhiteShift = 3;

    /// <summary>Returns a bit for each byte that is not ASCII.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong NotAscii(ref byte text) => Bits(ref text, 0);

    /// <summary>
    /// Returns the starts of pieces in ASCII bytes: a bit for each byte, except the first, that starts a piece, up to the last that is
    /// certain. The end of the text counts as a start if it is within the block. Returns 0 if there is none.
    /// </summary>
    /// <typeparam name="TPattern">The split pattern.</typeparam>
    /// <param name="text">The first byte, which starts a piece.</param>
    /// <param name="length">The number of bytes that belong to the text, at least 1; zeros follow up to <see cref="Size"/>.</param>
    /// <param name="isLast">True if the text ends there.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong StartsInAscii<TPattern>(ref byte text, int length, bool isLast)
        where TPattern : struct, ISplitPattern
    {
        Classify(ref text, out ulong letters, out ulong lower, out ulong digits, out ulong space, out ulong blank, out ulong newLine, out ulong apostrophe, out ulong slash);
        return Starts<TPattern>(ref text, length, isLast, letters, letters & ~lower, lower, digits, space, blank, newLine, apostrophe, slash, 0);
    }

    /// <summary>
    /// Returns the starts of pieces in valid UTF-8. <paramref name="notAscii"/> has a bit for each byte that is not ASCII, and
    /// <paramref name="classes"/> the class of the character of each of those.
    /// </summary>
    /// <inheritdoc cref="StartsInAscii"/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ulong StartsInAny<TPattern>(ref byte text, ref byte classes, int length, bool isLast, ulong notAscii)
        where TPattern : struct, ISplitPattern
    {
        Classify(ref text, out ulong word, out ulong lower, out ulong digits, out ulong space, out ulong blank, out ulong newLine, out ulong apostrophe, out ulong slash);
        ulong upper = word & ~lower;
        ulong continuation = Continuations(ref text);

        ulong uncertain = (Bits(ref classes, WhiteShift) | Bits(ref classes, NumberShift)) & notAscii;
        ulong letter = Bits(ref classes, LetterShift) & notAscii;
        if (TPattern.SplitsCase)
        {
            ulong lead = Bits(ref classes, LeadShift) & notAscii;
            ulong trail = Bits(ref classes, TrailShift) & notAscii;
            word |= lead | trail;
            upper |= lead & ~trail;
            lower |= trail & ~lead;

            // An upper-case letter after a letter without case may become part of the next word. A mark without a preceding word may belong
            // to symbols, or be the prefix of a word.
            uncertain |= upper & ((word & ~upper & ~lower) << 1);
            uncertain |= (lead | trail) & ~letter & ~(word << 1);
        }
        else
        {
            word |= letter;
        }

        int known = BitOperations.TrailingZeroCount(uncertain);
        return known < length
            ? Starts<TPattern>(ref text, known, false, word, upper, lower, digits, space, blank, newLine, apostrophe, slash, continuation)
            : Starts<TPattern>(ref text, length, isLast, word, upper, lower, digits, space, blank, newLine, apostrophe, slash, continuation);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Starts<TPattern>(
        ref byte text,
        int length,
        bool isLast,
        ulong word,
        ulong upper,
        ulong lower,
        ulong digits,
        ulong space,
        ulong blank,
        ulong newLine,
        ulong apostrophe,
        ulong slash,
        ulong continuation)
        where TPattern : struct, ISplitPattern
    {
        bool atEnd = isLast && length < Size;
        int known = Math.Min(length, Size);
        if (known < 2 && !atEnd)
        {
            return 0;
        }

        ulong seen = ulong.MaxValue >> (Size - known);
        word &= seen;
        digits &= seen;
        space &= seen;
        blank &= seen;
        newLine &= seen;
        ulong symbols = seen & ~(word | digits | blank | newLine);

        // Line ends (and slashes) that directly follow symbols belong to their piece: a carry propagates from the first through all.
        ulong absorbing = TPattern.AbsorbsSlashes ? newLine | (slash & symbols) : newLine;
        ulong first = newLine & (symbols << 1);
        ulong absorbed = (absorbing & ~(absorbing + first)) | first;
        ulong symbol = symbols & ~absorbed;
        ulong line = newLine & ~absorbed;
        ulong white = blank | line;

        // A blank, or one symbol without a space before it, is the prefix of the following word. A carry through the bytes of the first
        // character in a run of symbols finds where a word may follow it.
        ulong symbolStart = symbol & ~(symbol << 1);
        ulong lone = symbolStart & ~(space << 1);
        ulong second = lone << 1;
        second = (second & ~continuation) | ((continuation + (second & continuation)) & ~continuation);

        ulong starts = (word & ~(word << 1) & ~(blank << 1) & ~second)
            | (blank & (word >> 1))
            | lone
            | (space & (symbolStart >> 1))
            | (absorbed << 1 & ~absorbed)
            | (white & ~(white << 1))
            | (blank & ~(white >> 1) & (seen >> 1))
            | (line << 1 & ~line);
        if (TPattern.SplitsCase)
        {
            starts |= upper & (lower << 1);
        }

        // Numbers in groups of three digits.
        ulong group = digits & ~(digits << 1);
        ulong inNumber = digits & (digits << 1);
        ulong third = inNumber & (inNumber << 1) & (digits << 3);
        do
        {
            starts |= group;
            group = (group << 3) & third;
        }
        while (group != 0);

        // The last start that is certain. White space at the end may continue, and its last character may belong to the next piece.
        ulong anyWhite = blank | newLine;
        int last = known - 2;
        if (atEnd)
        {
            last = known;
            starts |= 1UL << known;
        }
        else if ((anyWhite >> (known - 1) & 1) != 0)
        {
            last = Size - BitOperations.LeadingZeroCount(seen & ~anyWhite);
        }

        // Blanks between two line ends belong to the piece of both. They are rare, so leave them to the scanner.
        ulong blankLine = (blank + ((line << 1) & blank)) & line & ~blank;
        if (blankLine != 0 && ((line << 1) & blank) != 0)
        {
            last = Math.Min(last, BitOperations.TrailingZeroCount((line << 1) & blank) - 1);
        }

        // A contraction is a separate piece in cl100k, and the end of a word in o200k.
        ulong contractions = apostrophe & (word >> 1) & (TPattern.SplitsContractions ? starts : word << 1);
        for (int end = 0; contractions != 0; contractions &= contractions - 1)
        {
            int at = BitOperations.TrailingZeroCount(contractions);
            if (at + 3 >= known && !atEnd)
            {
                last = Math.Min(last, TPattern.SplitsContractions ? at : at - 1);
                break;
            }

            int size = PieceScanner.ContractionAt(ref Unsafe.Add(ref text, at), ignoreCase: true);
            if (TPattern.SplitsContractions)
            {
                starts |= size == 0 ? 0 : 1UL << (at + size);
            }
            else if (size != 0 && at != end)
            {
                end = at + size;
                starts = (starts & ~(((1UL << size) - 1) << at)) | (1UL << end);
            }
        }

        return last <= 0 ? 0 : starts & ~1UL & ((2UL << last) - 1);
    }

    // Returns the highest bits of 64 bytes after the shift.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(ref byte bytes, int shift)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            return Of256(ref bytes, 0, shift) | ((ulong)Of256(ref bytes, 32, shift) << 32);
        }

        ulong mask = 0;
        for (int i = 0; i < Size; i += Vector128<byte>.Count)
        {
            Vector128<ushort> part = Vector128.LoadUnsafe(ref bytes, (nuint)i).AsUInt16() << shift;
            mask |= (ulong)part.AsByte().ExtractMostSignificantBits() << i;
        }

        return mask;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static uint Of256(ref byte bytes, nuint offset, int shift) =>
            (Vector256.LoadUnsafe(ref bytes, offset).AsUInt16() << shift).AsByte().ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Continuations(ref byte text)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            return Vector256.LessThan(Vector256.LoadUnsafe(ref text).AsSByte(), Vector256.Create((sbyte)-64)).ExtractMostSignificantBits()
                | ((ulong)Vector256.LessThan(Vector256.LoadUnsafe(ref text, 32).AsSByte(), Vector256.Create((sbyte)-64)).ExtractMostSignificantBits() << 32);
        }

        ulong mask = 0;
        for (int i = 0; i < Size; i += Vector128<byte>.Count)
        {
            mask |= (ulong)Vector128.LessThan(Vector128.LoadUnsafe(ref text, (nuint)i).AsSByte(), Vector128.Create((sbyte)-64)).ExtractMostSignificantBits() << i;
        }

        return mask;
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
        out ulong slash)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            Masks256(ref text, 0, out letters, out lower, out digits, out space, out blank, out newLine, out apostrophe, out slash);
            Masks256(ref text, 32, out ulong letters2, out ulong lower2, out ulong digits2, out ulong space2, out ulong blank2, out ulong newLine2, out ulong apostrophe2, out ulong slash2);
            letters |= letters2 << 32;
            lower |= lower2 << 32;
            digits |= digits2 << 32;
            space |= space2 << 32;
            blank |= blank2 << 32;
            newLine |= newLine2 << 32;
            apostrophe |= apostrophe2 << 32;
            slash |= slash2 << 32;
            return;
        }

        letters = lower = digits = space = blank = newLine = apostrophe = slash = 0;
        for (int i = 0; i < Size; i += Vector128<byte>.Count)
        {
            var bytes = Vector128.LoadUnsafe(ref text, (nuint)i);
            Vector128<byte> folded = bytes | Vector128.Create((byte)0x20);
            var letter = Vector128.LessThan(folded - Vector128.Create((byte)'a'), Vector128.Create((byte)26));
            letters |= (ulong)letter.ExtractMostSignificantBits() << i;
            lower |= (ulong)(letter & Vector128.Equals(bytes, folded)).ExtractMostSignificantBits() << i;
            digits |= (ulong)Vector128.LessThan(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)10)).ExtractMostSignificantBits() << i;
            var isSpace = Vector128.Equals(bytes, Vector128.Create((byte)' '));
            Vector128<byte> isLine = Vector128.Equals(bytes, Vector128.Create((byte)'\n')) | Vector128.Equals(bytes, Vector128.Create((byte)'\r'));
            var control = Vector128.LessThan(bytes - Vector128.Create((byte)'\t'), Vector128.Create((byte)5));
            space |= (ulong)isSpace.ExtractMostSignificantBits() << i;
            newLine |= (ulong)isLine.ExtractMostSignificantBits() << i;
            blank |= (ulong)(isSpace | Vector128.AndNot(control, isLine)).ExtractMostSignificantBits() << i;
            apostrophe |= (ulong)Vector128.Equals(bytes, Vector128.Create((byte)'\'')).ExtractMostSignificantBits() << i;
            slash |= (ulong)Vector128.Equals(bytes, Vector128.Create((byte)'/')).ExtractMostSignificantBits() << i;
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
        out ulong slash)
    {
        var bytes = Vector256.LoadUnsafe(ref text, offset);
        Vector256<byte> folded = bytes | Vector256.Create((byte)0x20);
        var letter = Vector256.LessThan(folded - Vector256.Create((byte)'a'), Vector256.Create((byte)26));
        letters = letter.ExtractMostSignificantBits();
        lower = (letter & Vector256.Equals(bytes, folded)).ExtractMostSignificantBits();
        digits = Vector256.LessThan(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)10)).ExtractMostSignificantBits();
        var isSpace = Vector256.Equals(bytes, Vector256.Create((byte)' '));
        Vector256<byte> isLine = Vector256.Equals(bytes, Vector256.Create((byte)'\n')) | Vector256.Equals(bytes, Vector256.Create((byte)'\r'));
        var control = Vector256.LessThan(bytes - Vector256.Create((byte)'\t'), Vector256.Create((byte)5));
        space = isSpace.ExtractMostSignificantBits();
        newLine = isLine.ExtractMostSignificantBits();
        blank = (isSpace | Vector256.AndNot(control, isLine)).ExtractMostSignificantBits();
        apostrophe = Vector256.Equals(bytes, Vector256.Create((byte)'\'')).ExtractMostSignificantBits();
        slash = Vector256.Equals(bytes, Vector256.Create((byte)'/')).ExtractMostSignificantBits();
    }
}
