using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MeaiBudget;

/// <summary>Moves the tables in the resources of a compiled assembly to addresses that are multiples of their alignment.</summary>
/// <remarks>The address of a resource depends on the length of the assembly's metadata. Tables that are already there stay.</remarks>
internal static class TableAlignment
{
    /// <summary>Changes the assembly.</summary>
    internal static int Align(string assembly)
    {
        byte[] file = File.ReadAllBytes(assembly);
        using var reader = new PEReader(new MemoryStream(file));
        MetadataReader metadata = reader.GetMetadataReader();
        int resources = reader.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress;
        SectionHeader section = reader.PEHeaders.SectionHeaders[reader.PEHeaders.GetContainingSectionIndex(resources)];

        // Sections start at multiples of 512 bytes in the file and in memory, so both addresses have the same alignment.
        int start = resources - section.VirtualAddress + section.PointerToRawData;
        foreach (ManifestResourceHandle handle in metadata.ManifestResources)
        {
            ManifestResource resource = metadata.GetManifestResource(handle);
            int at = start + (int)resource.Offset;
            Move(file.AsSpan(at + sizeof(int), BitConverter.ToInt32(file, at)), -(at + sizeof(int)) & (VocabularyLayout.Alignment - 1));
        }

        File.WriteAllBytes(assembly, file);
        return 0;
    }

    private static void Move(Span<byte> resource, int shift)
    {
        int now = 0;
        while (!VocabularyLayout.IsMarked(resource[now..]))
        {
            now++;
        }

        Span<byte> tables = resource.Slice(now, resource.Length - VocabularyLayout.Alignment);
        tables.CopyTo(resource[shift..]);
        resource[..shift].Clear();
        resource[(shift + tables.Length)..].Clear();
    }
}
