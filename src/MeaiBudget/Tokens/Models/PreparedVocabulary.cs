using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Finds the tables of vocabularies that the build has prepared, in the assembly MeaiBudget.Vocabularies.</summary>
internal static class PreparedVocabulary
{
    /// <summary>Returns a vocabulary whose tables are in the memory of the assembly's file; null if there are none that can be used here.</summary>
    /// <param name="encoding">The name of the encoding.</param>
    internal static BytePairVocabulary? Find(string encoding)
    {
        try
        {
            return Open(encoding) is { } resource ? Use(resource) : null;
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or TypeLoadException or MissingMemberException)
        {
            // The assembly is missing, or is not the one of this version. The tables are then built from their source.
            return null;
        }
    }

    /// <summary>Uses the tables in a resource; null if it has none that can be used here.</summary>
    internal static BytePairVocabulary? Use(Stream resource) =>
        VocabularyMemory.TryFind(resource, out VocabularyMemory? memory) ? BytePairVocabulary.TryUse(memory) : null;

    // A method of its own, because a missing assembly fails where the runtime compiles a method that names it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Stream? Open(string encoding) => VocabularyTables.Open(encoding);
}
