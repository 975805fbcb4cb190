using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>What the name of a cloud's meter says: <c>gpt 4.1 mini Inp glbl Tokens</c>, <c>USE1-ClaudeSonnet5-output-tokens</c>, <c>Gemini 2.5 Flash GA Text Input - Predictions</c>.</summary>
/// <param name="Kind">The kind of tokens; null if the name says none.</param>
/// <param name="Model">The words that are left for the model, separated by blanks; empty if there are none.</param>
/// <param name="Tier">The service tier; empty if the name says none.</param>
internal readonly partial record struct BilledMeter(BilledKind? Kind, string Model, string Tier)
{
    // Parts of names of meters that say the direction, the kind of deployment and the unit, and not the model.
    private static readonly HashSet<string> Words = new(
        [
            "inp", "input", "inpt", "outp", "output", "opt", "outpt", "cached", "cache", "cd", "cchd", "glbl", "global", "gl", "regnl", "regional", "dzone", "dz", "datazone", "batch", "btch", "flex", "priority", "pp", "prty",
            "tokens", "token", "count", "write", "read", "std", "text", "az", "azure", "openai", "1k", "1m", "ga", "predictions", "prediction",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a name.</summary>
    public static BilledMeter Of(string name)
    {
        string[] words = Region().Replace(name, "").Split([' ', '-', '_', '/'], StringSplitOptions.RemoveEmptyEntries);
        bool Says(params ReadOnlySpan<string> any)
        {
            foreach (string word in any)
            {
                if (words.Contains(word, StringComparer.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        // Google writes "Long" between the name of a Gemini model and the kind, for prompts beyond its step.
        bool isGemini = Says("gemini");
        return new(
            Says("outp", "output", "opt", "outpt") ? BilledKind.Output
                : Says("write") ? BilledKind.CacheWrite
                : Says("cached", "cache", "cd", "cchd") ? BilledKind.CachedInput
                : Says("inp", "input", "inpt") ? BilledKind.Input : null,
            string.Join(' ', words.Where(word => !Words.Contains(word) && !(isGemini && word.Equals("long", StringComparison.OrdinalIgnoreCase)))),
            Says("batch", "btch") ? ServiceTiers.Batch : Says("priority", "pp", "prty") ? ServiceTiers.Priority : Says("flex") ? ServiceTiers.Flex : "");
    }

    [GeneratedRegex(@"^[A-Z]{2,4}\d+-", RegexOptions.CultureInvariant)]
    private static partial Regex Region();
}
