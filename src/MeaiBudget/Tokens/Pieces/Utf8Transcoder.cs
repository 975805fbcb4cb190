using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Converts UTF-16 to UTF-8, unpaired surrogates to U+FFFD, and writes the character class for each byte that is not ASCII. Converts
/// eight characters at a time; one shuffle moves the bytes of four characters together with their classes.
/// </summary>
internal static class Utf8Transcoder
{
    /// <summary>The number of bytes that may be written past the end of both targets. They have no meaning.</summary>
    internal const int Overrun = 16;

    // From this length on, a separate search for ASCII is faster.
    private const int AsciiRun = 16;

    // For each combination of lengths of four characters: which of their bytes exist. The low half has a bit for each character of more
    // than one byte, the high half for each of three.
    private static readonly byte[] Shuffles = MakeShuffles();

    /// <summary>Transcodes as much of the text as fits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="target">Receives the UTF-8; <see cref="Overrun"/> more bytes must be writable.</param>
    /// <param name="classes">Receives the <see cref="CharacterClass"/> of each byte that is not ASCII; same length, and <see cref="Overrun"/> more bytes.</param>
    /// <param name="read">The number of UTF-16 units that were read.</param>
    /// <param name="written">The number of bytes that were written.</param>
    internal static void Transcode(ReadOnlySpan<char> text, Span<byte> target, Span<byte> classes, out int read, out int written)
    {
        OperationStatus status = Ascii.FromUtf16(text, target, out written);
        read = written;
        if (status == OperationStatus.InvalidData)
        {
            TranscodeAny(text, target, classes, ref read, ref written);
        }
    }

    private static void TranscodeAny(ReadOnlySpan<char> text, Span<byte> target, Span<byte> classes, ref int read, ref int written)
    {
        ref ushort source = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
        ref byte bytes = ref MemoryMarshal.GetReference(target);
        ref byte classBytes = ref MemoryMarshal.GetReference(classes);
        int lastFrom = Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian ? text.Length - Vector128<ushort>.Count : -1;
        int lastTo = target.Length - (3 * Vector128<ushort>.Count);
        int from = read;
        int to = written;
        while (true)
        {
            while (from <= lastFrom && to <= lastTo)
            {
                var units = Vector128.LoadUnsafe(ref source, (nuint)from);
                if ((units & Vector128.Create((ushort)0xFF80)) == Vector128<ushort>.Zero)
                {
                    if (from <= text.Length - AsciiRun)
                    {
                        Ascii.FromUtf16(text[from..], target[to..], out int ascii);
                        from += ascii;
                        to += ascii;
                        continue;
                    }

                    Vector128.Narrow(units, units).GetLower().StoreUnsafe(ref Unsafe.Add(ref bytes, to));
                    from += Vector128<ushort>.Count;
                    to += Vector128<ushort>.Count;
                    continue;
                }

                if (Vector128.EqualsAny(units & Vector128.Create((ushort)0xF800), Vector128.Create((ushort)0xD800)))
                {
                    break;
                }

                ref ushort unit = ref Unsafe.Add(ref source, from);
                if (!CharacterClasses.TryGetEight(ref unit, out Vector128<byte> eight))
                {
                    CharacterClasses.Classify(text.Slice(from, Vector128<ushort>.Count));
                    continue;
                }

                to += Store(units, eight, ref Unsafe.Add(ref bytes, to), ref Unsafe.Add(ref classBytes, to));
                from += Vector128<ushort>.Count;
            }

            if (from == text.Length)
            {
                break;
            }

            // Characters beyond the basic plane, unpaired surrogates, and the end.
            int until = Math.Min(text.Length, from + Vector128<ushort>.Count);
            while (from < until)
            {
                if (Rune.DecodeFromUtf16(text[from..], out Rune rune, out int units) != OperationStatus.Done)
                {
                    rune = Rune.ReplacementChar;
                }

                if (!rune.TryEncodeToUtf8(target[to..], out int size))
                {
                    read = from;
                    written = to;
                    return;
                }

                classes.Slice(to, size).Fill((byte)CharacterClasses.Of(rune.Value));
                from += units;
                to += size;
            }
        }

        read = from;
        written = to;
    }

    // Writes eight characters of up to three bytes, and the class of each for each of its bytes. Returns their length.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Store(Vector128<ushort> units, Vector128<byte> classes, ref byte target, ref byte classTarget)
    {
        var characters = Vector256.WidenLower(units.ToVector256Unsafe());
        Vector256<uint> many = Vector256.GreaterThan(characters.AsInt32(), Vector256.Create(0x7F)).AsUInt32();
        Vector256<uint> three = Vector256.GreaterThan(characters.AsInt32(), Vector256.Create(0x7FF)).AsUInt32();

        // Computes the bytes from the last to the first of three; the first byte of each character is lowest.
        Vector256<uint> last = (characters & Vector256.Create(0x3Fu)) | Vector256.Create(0x80u);
        Vector256<uint> before = characters >> 6;
        Vector256<uint> two = before | Vector256.Create(0xC0u) | (last << 8);
        Vector256<uint> all = (before >> 6) | Vector256.Create(0x80E0u) | ((before & Vector256.Create(0x3Fu)) << 8) | (last << 16);
        Vector256<byte> lanes = Vector256.ConditionalSelect(three, all, Vector256.ConditionalSelect(many, two, characters)).AsByte();
        uint ofMany = many.ExtractMostSignificantBits();
        uint ofThree = three.ExtractMostSignificantBits();
        int size = StoreHalf(lanes.GetLower(), classes, (ofMany & 0xF) | ((ofThree & 0xF) << 4), ref target, ref classTarget);
        return size + StoreHalf(lanes.GetUpper(), (classes.AsUInt64() >> 32).AsByte(), (ofMany >> 4) | (ofThree & 0xF0), ref Unsafe.Add(ref target, size), ref Unsafe.Add(ref classTarget, size));
    }

    // Each of the four characters has four bytes; their classes are in the first four bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int StoreHalf(Vector128<byte> characters, Vector128<byte> classes, uint lengths, ref byte target, ref byte classTarget)
    {
        var shuffle = Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(Shuffles), lengths * 16);
        Vector128.ShuffleNative(characters, shuffle).StoreUnsafe(ref target);
        Vector128<byte> character = (shuffle.AsUInt16() >> 2).AsByte() & Vector128.Create((byte)3);
        Vector128.ShuffleNative(classes, character).StoreUnsafe(ref classTarget);
        return 4 + BitOperations.PopCount(lengths);
    }

    private static byte[] MakeShuffles()
    {
        byte[] shuffles = new byte[256 * 16];
        for (int lengths = 0; lengths < 256; lengths++)
        {
            int to = lengths * 16;
            for (int character = 0; character < 4; character++)
            {
                int size = 1 + ((lengths >> character) & 1) + ((lengths >> (character + 4)) & 1);
                for (int i = 0; i < size; i++)
                {
                    shuffles[to++] = (byte)((4 * character) + i);
                }
            }
        }

        return shuffles;
    }
}
