namespace MeaiBudget;

/// <summary>
/// OpenAI's encodings whose vocabularies are in the Microsoft.ML.Tokenizers data packages. At its first use, each is mapped from the tables
/// that the build has made from these packages, or built from its package if the tables cannot be used.
/// </summary>
internal static class Encodings
{
    private static readonly Lazy<BytePairCounter> O200kCounter = new(() => new BytePairCounter("o200k_base", Load("o200k_base"), SplitPattern.O200k));
    private static readonly Lazy<BytePairCounter> Cl100kCounter = new(() => new BytePairCounter("cl100k_base", Load("cl100k_base"), SplitPattern.Cl100k));

    /// <summary>True if every vocabulary was read.</summary>
    internal static bool AreLoaded => IsO200kLoaded && Cl100kCounter.IsValueCreated;

    /// <summary>True if the vocabulary of o200k_base was read.</summary>
    internal static bool IsO200kLoaded => O200kCounter.IsValueCreated;

    /// <summary>The counter of o200k_base.</summary>
    internal static BytePairCounter O200kBase => O200kCounter.Value;

    /// <summary>The counter of cl100k_base.</summary>
    internal static BytePairCounter Cl100kBase => Cl100kCounter.Value;

    private static BytePairVocabulary Load(string encoding) =>
        PreparedVocabulary.Find(encoding) ?? VocabularySource.Build(encoding);
}
