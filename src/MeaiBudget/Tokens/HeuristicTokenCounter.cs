namespace MeaiBudget;

/// <summary>
/// Estimates the tokens of a model family whose tokenizer is not available: counts with o200k_base by script, and multiplies each script
/// by the family's factor.
/// </summary>
/// <remarks>Thread-safe. Linear and without allocation, as the exact counter is.</remarks>
internal sealed class HeuristicTokenCounter(TokenizerFamily family, BytePairCounter exact) : ITokenCounter
{
    // If one word in sixteen has an accent, the language is not English. Then its words without accents have more tokens, too.
    private const double AccentedShare = 1 / 16.0;

    // Texts of a few tokens can be off by one or two in every script.
    private const int LeastMargin = 2;

    public string Name => family.Name;

    public bool IsExact => false;

    public int Count(ReadOnlySpan<char> text) => Measure(text).Tokens;

    public int UpperBound(ReadOnlySpan<char> text) => Measure(text).UpperBound;

    public TokenCount Measure(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return default;
        }

        var tally = default(ScriptTally);
        exact.Count(text, ref tally);

        long latin = tally[TextScript.Latin];
        long accented = tally[TextScript.LatinAccented];
        double foreign = latin == 0 ? 1 : Math.Min(1, accented / (AccentedShare * (latin + accented)));
        double plain = family[TextScript.Latin];
        double tokens = (latin * (plain + (foreign * (family[TextScript.LatinAccented] - plain))))
            + (accented * family[TextScript.LatinAccented])
            + (family.SplitsDigits ? tally.Digits : tally[TextScript.Digits] * family[TextScript.Digits]);

        // Chinese characters between kana are Japanese.
        bool japanese = tally[TextScript.Kana] * 4 > tally[TextScript.Han];
        tokens += tally[TextScript.Han] * family[japanese ? TextScript.Kana : TextScript.Han];
        for (TextScript script = TextScript.Symbols; script < (TextScript)TextScripts.Count; script++)
        {
            tokens += script == TextScript.Han ? 0 : tally[script] * family[script];
        }

        int estimate = Math.Max(1, ToInt(Math.Round(tokens)));
        return new TokenCount(estimate, ToInt(Math.Max((double)estimate + LeastMargin, Math.Ceiling(tokens * family.Margin))));
    }

    private static int ToInt(double tokens) => (int)Math.Min(int.MaxValue, tokens);
}
