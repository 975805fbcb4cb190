namespace MeaiBudget;

/// <summary>The tables of vocabularies, which the build made from the packages Microsoft.ML.Tokenizers.Data.O200kBase and Cl100kBase.</summary>
internal static class VocabularyTables
{
    /// <summary>Opens the tables of an encoding. They are memory of the assembly's file, which nothing reads before it is used.</summary>
    /// <param name="encoding">The name of the encoding.</param>
    /// <returns>The tables, with some bytes before and behind them; null if there are none of that name.</returns>
    internal static Stream? Open(string encoding) => typeof(VocabularyTables).Assembly.GetManifestResourceStream(encoding + ".tables");
}
