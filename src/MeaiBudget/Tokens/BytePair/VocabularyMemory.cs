using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Memory that does not move, with the tables of a vocabulary: part of a mapped file, or allocated.</summary>
/// <remarks>The memory is there as long as this object. Who reads it through an address keeps the object alive.</remarks>
internal sealed unsafe class VocabularyMemory
{
    // Keeps the memory: the array, or the stream that keeps the assembly.
    private readonly object _owner;

    private VocabularyMemory(byte* start, int length, object owner, bool isMapped)
    {
        Start = start;
        Length = length;
        IsMapped = isMapped;
        _owner = owner;
    }

    /// <summary>The first byte.</summary>
    internal byte* Start { get; }

    /// <summary>The number of bytes.</summary>
    internal int Length { get; }

    /// <summary>True if the memory is that of a file that the operating system reads when it is used, and shares between processes.</summary>
    internal bool IsMapped { get; }

    /// <summary>Allocates memory with zeros, at a multiple of <see cref="VocabularyLayout.Alignment"/>.</summary>
    internal static VocabularyMemory Allocate(int length)
    {
        byte[] bytes = GC.AllocateArray<byte>(length + VocabularyLayout.Alignment, pinned: true);
        byte* start = (byte*)Unsafe.AsPointer(ref bytes[0]);
        return new VocabularyMemory(start + (-(nint)start & (VocabularyLayout.Alignment - 1)), length, bytes, isMapped: false);
    }

    /// <summary>Finds prepared tables in a resource of an assembly.</summary>
    /// <param name="resource">The resource, as the assembly returned it. Not to be disposed: it keeps the assembly.</param>
    /// <param name="memory">The tables, without what stands before them in the resource.</param>
    /// <returns>False if the resource has none.</returns>
    internal static bool TryFind(Stream resource, [NotNullWhen(true)] out VocabularyMemory? memory)
    {
        memory = null;
        if (resource is not UnmanagedMemoryStream mapped || mapped.Length > int.MaxValue)
        {
            return false;
        }

        byte* start = mapped.PositionPointer;
        int length = (int)mapped.Length;

        // The build moves the tables within the resource to an address that is a multiple of their alignment.
        for (int shift = 0; shift < Math.Min(VocabularyLayout.Alignment, length); shift++)
        {
            if (VocabularyLayout.IsMarked(new ReadOnlySpan<byte>(start + shift, length - shift)))
            {
                memory = new VocabularyMemory(start + shift, length - shift, resource, isMapped: true).Aligned();
                return true;
            }
        }

        return false;
    }

    /// <summary>The memory as bytes.</summary>
    internal Span<byte> Bytes => new(Start, Length);

    // Other programs than those of the runtime (compiled ahead of time, rewritten assemblies) may have resources at any address.
    private VocabularyMemory Aligned()
    {
        if ((nint)Start % sizeof(ulong) == 0)
        {
            return this;
        }

        VocabularyMemory copy = Allocate(Length);
        Bytes.CopyTo(copy.Bytes);
        GC.KeepAlive(_owner);
        return copy;
    }
}
