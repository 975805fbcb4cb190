using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>
/// Where the tables of a vocabulary lie in their memory: a header, then each table at a multiple of <see cref="Alignment"/> bytes.
/// A file of prepared tables has the same bytes, with numbers in the order of little-endian processors.
/// </summary>
/// <param name="Tokens">The number of tokens.</param>
/// <param name="LongestToken">The length of the longest token in bytes.</param>
/// <param name="SlotBits">The binary logarithm of the number of places for tokens of the packed table.</param>
/// <param name="PilotBits">The binary logarithm of the number of pilots.</param>
/// <param name="FilterBits">The binary logarithm of the number of words of the filter.</param>
/// <param name="LongSlotBits">The binary logarithm of the number of places for longer tokens.</param>
/// <param name="LongBytes">The bytes of all longer tokens.</param>
internal readonly record struct VocabularyLayout(int Tokens, int LongestToken, int SlotBits, int PilotBits, int FilterBits, int LongSlotBits, int LongBytes)
{
    /// <summary>A line of a processor's cache, which no key of 16 bytes then crosses.</summary>
    internal const int Alignment = 64;

    /// <summary>The bytes of the header.</summary>
    internal const int HeaderSize = 128;

    /// <summary>The bytes of the hash (SHA-256) of the source.</summary>
    internal const int SourceHashSize = 32;

    /// <summary>The binary logarithm of the number of entries of the table of crossings.</summary>
    internal const int CrossingBits = 15;

    /// <summary>The binary logarithm of the number of bits of the table of neighbours.</summary>
    internal const int NeighbourBits = 20;

    // Changes with every change of the tables, of their hash functions, or of the header.
    private const int Version = 1;

    // A processor of the other byte order reads another number, and rejects the tables.
    private const long Mark = 0x6C_62_61_54_42_4D_0D_8A;

    private const int VersionAt = 8;
    private const int LengthAt = 12;
    private const int SeedAt = 16;
    private const int FiguresAt = 24;
    private const int SourceHashAt = 64;
    private const int LeastBits = 4;
    private const int MostBits = 24;
    private const int MostLongBytes = 1 << 26;

    /// <summary>The start of the keys, 16 bytes a place.</summary>
    internal static int Keys => HeaderSize;

    /// <summary>The start of the ranks, 4 bytes a place.</summary>
    internal int Ranks => Next(Keys, 16 << SlotBits);

    /// <summary>The start of the pilots, one byte each.</summary>
    internal int Pilots => Next(Ranks, sizeof(int) << SlotBits);

    /// <summary>The start of the filter.</summary>
    internal int Filter => Next(Pilots, 1 << PilotBits);

    /// <summary>The start of the ranks of all pairs of bytes.</summary>
    internal int PairRanks => Next(Filter, sizeof(ulong) << FilterBits);

    /// <summary>The start of the crossings.</summary>
    internal int Crossings => Next(PairRanks, sizeof(int) * (ushort.MaxValue + 1));

    /// <summary>The start of the measures of code points.</summary>
    internal int CodePoints => Next(Crossings, sizeof(ushort) << CrossingBits);

    /// <summary>The start of the neighbours.</summary>
    internal int Neighbours => Next(CodePoints, sizeof(ushort) * (ushort.MaxValue + 1));

    /// <summary>The start of the places of long tokens.</summary>
    internal int LongTokens => Next(Neighbours, 1 << (NeighbourBits - 3));

    /// <summary>The start of the bytes of long tokens.</summary>
    internal int LongTokenBytes => Next(LongTokens, Unsafe.SizeOf<LongToken>() << LongSlotBits);

    /// <summary>The bytes of header and tables.</summary>
    internal int Length => Next(LongTokenBytes, LongBytes);

    /// <summary>Reads the header of prepared tables. Nothing but the header is read, so that no other page of a mapped file is.</summary>
    /// <param name="memory">The tables.</param>
    /// <param name="layout">Where they lie.</param>
    /// <param name="seed">The seed of their hash function.</param>
    /// <returns>False if these are no tables of this version and this byte order, or the end is missing.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> memory, out VocabularyLayout layout, out ulong seed)
    {
        layout = default;
        seed = 0;
        if (!IsMarked(memory) || memory.Length < HeaderSize || Read(memory, VersionAt) != Version)
        {
            return false;
        }

        seed = BitConverter.ToUInt64(memory[SeedAt..]);
        layout = new VocabularyLayout(Figure(memory, 0), Figure(memory, 1), Figure(memory, 2), Figure(memory, 3), Figure(memory, 4), Figure(memory, 5), Figure(memory, 6));
        return layout.IsPossible && Read(memory, LengthAt) == layout.Length && memory.Length >= layout.Length;
    }

    /// <summary>True if prepared tables may start here.</summary>
    internal static bool IsMarked(ReadOnlySpan<byte> memory) => memory.Length >= sizeof(long) && BitConverter.ToInt64(memory) == Mark;

    /// <summary>Returns the hash of the source that prepared tables were made from.</summary>
    internal static ReadOnlySpan<byte> SourceHash(ReadOnlySpan<byte> memory) => memory.Slice(SourceHashAt, SourceHashSize);

    /// <summary>Writes the header.</summary>
    internal void Write(Span<byte> memory, ulong seed)
    {
        ReadOnlySpan<int> figures = [Tokens, LongestToken, SlotBits, PilotBits, FilterBits, LongSlotBits, LongBytes];
        BitConverter.TryWriteBytes(memory, Mark);
        BitConverter.TryWriteBytes(memory[VersionAt..], Version);
        BitConverter.TryWriteBytes(memory[LengthAt..], Length);
        BitConverter.TryWriteBytes(memory[SeedAt..], seed);
        for (int i = 0; i < figures.Length; i++)
        {
            BitConverter.TryWriteBytes(memory[(FiguresAt + (sizeof(int) * i))..], figures[i]);
        }
    }

    /// <summary>Writes the hash of the source into the header.</summary>
    internal static void WriteSourceHash(Span<byte> memory, ReadOnlySpan<byte> hash) => hash.CopyTo(memory.Slice(SourceHashAt, SourceHashSize));

    private bool IsPossible =>
        LongestToken > 0
        && IsLogarithm(SlotBits)
        && IsLogarithm(PilotBits)
        && IsLogarithm(FilterBits)
        && IsLogarithm(LongSlotBits)
        && LongBytes is >= 0 and < MostLongBytes
        && Tokens > 0
        && Tokens < (1 << SlotBits) + (1 << LongSlotBits);

    private static bool IsLogarithm(int bits) => bits is >= LeastBits and <= MostBits;

    private static int Next(int start, int length) => (start + length + Alignment - 1) & -Alignment;

    private static int Figure(ReadOnlySpan<byte> memory, int index) => Read(memory, FiguresAt + (sizeof(int) * index));

    private static int Read(ReadOnlySpan<byte> memory, int at) => BitConverter.ToInt32(memory[at..]);

    /// <summary>A token that does not fit into the packed table, and where its bytes are. A length of 0 is a free place.</summary>
    /// <remarks>It has no bytes between its fields, whose value would not be defined.</remarks>
    internal readonly record struct LongToken(ulong Hash, int Offset, int Length, long Rank);
}
