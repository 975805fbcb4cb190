using System.Security.Cryptography;

namespace MeaiBudget;

/// <summary>Makes the files that become resources of MeaiBudget.Vocabularies.</summary>
internal static class TableFiles
{
    /// <summary>Writes a file for each vocabulary. The same packages give the same bytes on every machine.</summary>
    internal static int Make(string folder)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Console.Error.WriteLine("The tables of vocabularies are for little-endian processors. Build MeaiBudget on a machine with such a processor.");
            return 1;
        }

        foreach (VocabularySource source in VocabularySource.All)
        {
            byte[] tables = source.Build().Memory.ToArray();
            using (Stream text = source.Open()!)
            {
                VocabularyLayout.WriteSourceHash(tables, SHA256.HashData(text));
            }

            Array.Resize(ref tables, tables.Length + VocabularyLayout.Alignment);
            File.WriteAllBytes(Path.Combine(folder, source.Encoding + ".tables"), tables);
        }

        return 0;
    }
}
