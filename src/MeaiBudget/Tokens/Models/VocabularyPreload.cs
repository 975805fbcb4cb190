namespace MeaiBudget;

/// <summary>Makes the counters of a pipeline's models ready in the background, so that the first call does not wait for them.</summary>
internal static class VocabularyPreload
{
    // Words that are tokens, new words, and other scripts, so that the runtime compiles here what the first call would wait for.
    private const string Sample = "Hello, misspeltwrod antidisestablishmentarianistic Überweisung 日本語のテキスト";

    /// <summary>Begins to read the vocabularies of some models, unless all vocabularies are there.</summary>
    /// <param name="modelIds">The ids of the models, as far as known when the pipeline is built.</param>
    internal static void Begin(IEnumerable<string?> modelIds)
    {
        if (Encodings.AreLoaded)
        {
            return;
        }

        string[] ids = [.. modelIds.OfType<string>().Distinct(StringComparer.Ordinal)];
        if (ids.Length > 0 && !(Encodings.IsO200kLoaded && !Array.Exists(ids, UsesCl100k)))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => Load((string[])state!), ids);
        }
    }

    // Every other counter uses o200k_base.
    private static bool UsesCl100k(string modelId) => ModelFamilies.CounterName(modelId) is "cl100k_base" or "phi-4";

    /// <summary>Reads the vocabularies of some models.</summary>
    internal static void Load(IReadOnlyList<string> modelIds)
    {
        foreach (string modelId in modelIds)
        {
            try
            {
                // A counter of the application is its own business.
                ITokenCounter counter = TokenCounters.ForModel(modelId);
                if (counter is BytePairCounter or HeuristicTokenCounter)
                {
                    counter.Count(Sample);
                }
            }
            catch (InvalidOperationException)
            {
                // The vocabulary's package is not the one that this library needs. The first count throws the same exception to its caller.
            }
        }
    }
}
