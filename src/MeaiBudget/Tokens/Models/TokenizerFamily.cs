namespace MeaiBudget;

/// <summary>Factors from o200k_base tokens to tokens of a family's tokenizer, by script.</summary>
/// <remarks>
/// Sources. M: 20 KB for each language and 100 KB of C#, Python and JSON, counted with the family's own tokenizer and with o200k_base.
/// A: counts of Anthropic's and Google's endpoints for programs, data formats and prose (the JOHNISKING data sets, CC-BY-4.0), and the
/// result of npm ai-tokenizer that the Claude 2 vocabulary times 1.10 is within 2.5 % of Anthropic's counts. The factors of words and
/// symbols are chosen so that they result in M or A for English (12 % symbols) and for code (45 %).
/// </remarks>
internal sealed record TokenizerFamily
{
    private readonly double[] _factors = new double[TextScripts.Count];

    /// <summary>The counter's name.</summary>
    internal required string Name { get; init; }

    /// <summary>
    /// The highest measured ratio of a script, divided by the script's factor. The upper bound of a text in other scripts than English
    /// and code is its estimate times this margin; <see cref="HeuristicTokenCounter"/> says how it is for other texts.
    /// </summary>
    internal required double Margin { get; init; }

    /// <summary>True if the factors are measured with the family's tokenizer or its provider's counts; false if they are those of similar families.</summary>
    internal bool IsMeasured { get; private init; } = true;

    /// <summary>True if each digit is a token.</summary>
    internal bool SplitsDigits { get; private init; }

    /// <summary>The factor of a script.</summary>
    internal double this[TextScript script] => _factors[(int)script];

    /// <summary>The families by name. A frozen dictionary would take longer to make than all look-ups of a process save.</summary>
    internal static IReadOnlyDictionary<string, TokenizerFamily> All { get; } = ByName(
    [
        // Claude up to Opus 4.6 and Haiku 4.5. Words, rare words, digits and symbols: fitted on the recorded requests of one half of the
        // projects and checked on the other. The halves give 1.04 and 0.98, 1.49 and 1.46, 0.93 and 0.94, 1.34 and 1.42; each one's factors
        // lower the 95th percentile of the other's error (8.2 to 5.2 %, 6.0 to 5.7 %). The others: M for claude2, times 1.10.
        new() { Name = "claude-3", Margin = 1.3, Table = Factors(latin: 1.03, rare: 1.47, accented: 1.50, digits: 1.00, symbols: 1.34, cyrillic: 2.15, greek: 3.42, hebrew: 2.40, arabic: 2.93, devanagari: 3.42, indic: 5.90, thai: 4.57, han: 1.41, kana: 1.55, hangul: 2.05, other: 1.50) },

        // Claude from Opus 4.7 and Sonnet 5 on. A: English 1.58, code 1.49. Relative to the previous tokenizer: German 1.46, French 1.36,
        // Spanish 1.24, other scripts 1.00.
        new() { Name = "claude-4.7", Margin = 1.3, Table = Factors(latin: 1.60, accented: 2.00, digits: 1.47, symbols: 1.35, cyrillic: 2.15, greek: 3.42, hebrew: 2.40, arabic: 2.93, devanagari: 3.42, indic: 5.90, thai: 4.57, han: 1.41, kana: 1.55, hangul: 2.05, other: 1.50) },

        // M: mean of gemma3 and gemini; code: A (1.19 for Gemini 3).
        new() { Name = "gemini", Margin = 1.25, SplitsDigits = true, Table = Factors(latin: 0.98, accented: 1.00, digits: 3, symbols: 1.40, cyrillic: 0.97, greek: 1.05, hebrew: 1.16, arabic: 1.10, devanagari: 1.03, indic: 1.15, thai: 0.95, han: 0.87, kana: 0.69, hangul: 1.05, other: 1.20) },

        // M: llama2 (mistral_v3 is equal).
        new() { Name = "llama-2", Margin = 1.25, SplitsDigits = true, Table = Llama2Factors },
        new() { Name = "mistral", Margin = 1.25, SplitsDigits = true, Table = Llama2Factors },

        // M: llama3. Llama 4 has its own vocabulary, for which there are no measurements. It uses Llama 3's factors with a larger margin.
        new() { Name = "llama-3", Margin = 1.2, Table = Llama3Factors },
        new() { Name = "llama-4", Margin = 1.35, IsMeasured = false, Table = Llama3Factors },

        // M: tekken.
        new() { Name = "mistral-tekken", Margin = 1.2, SplitsDigits = true, Table = Factors(latin: 1.00, accented: 1.08, digits: 3, symbols: 1.13, cyrillic: 1.12, greek: 1.10, hebrew: 1.16, arabic: 0.98, devanagari: 1.20, indic: 1.24, thai: 1.34, han: 1.31, kana: 1.04, hangul: 0.95, other: 1.20) },

        // M: qwen3.
        new() { Name = "qwen", Margin = 1.2, SplitsDigits = true, Table = Factors(latin: 1.00, accented: 1.15, digits: 3, symbols: 1.02, cyrillic: 1.33, greek: 2.41, hebrew: 0.98, arabic: 1.19, devanagari: 2.57, indic: 3.20, thai: 1.43, han: 0.86, kana: 0.87, hangul: 1.17, other: 1.20) },

        // M: deepseek_v3.
        new() { Name = "deepseek", Margin = 1.2, Table = Factors(latin: 0.99, accented: 1.17, digits: 1, symbols: 1.14, cyrillic: 1.20, greek: 1.32, hebrew: 1.19, arabic: 1.17, devanagari: 1.70, indic: 1.42, thai: 0.98, han: 0.78, kana: 0.91, hangul: 1.17, other: 1.20) },

        // GLM, Kimi, Grok, MiniMax and Command have their own vocabularies of 100,000 to 200,000 tokens. They use the mean of Llama 3, Tekken, Qwen 3 and DeepSeek V3.
        new() { Name = "modern", Margin = 1.4, IsMeasured = false, Table = Factors(latin: 1.00, accented: 1.14, digits: 1, symbols: 1.05, cyrillic: 1.19, greek: 1.47, hebrew: 1.42, arabic: 1.13, devanagari: 1.74, indic: 1.92, thai: 1.24, han: 0.90, kana: 0.95, hangul: 1.08, other: 1.20) },

        // A model of an unknown family: English and code as most vocabularies of the last years have them, other scripts above the median of
        // the families above. The margin holds Llama 2's words and symbols, which have the most tokens but Claude's.
        new() { Name = ModelFamilies.Unknown, Margin = 1.8, IsMeasured = false, Table = Factors(latin: 1.03, accented: 1.30, digits: 1.50, symbols: 1.15, cyrillic: 1.50, greek: 2.00, hebrew: 1.60, arabic: 1.70, devanagari: 2.20, indic: 2.80, thai: 1.80, han: 1.20, kana: 1.20, hangul: 1.40, other: 1.40) },
    ]);

    private static double[] Llama2Factors => Factors(latin: 1.06, accented: 1.40, digits: 3, symbols: 1.50, cyrillic: 1.50, greek: 2.78, hebrew: 2.43, arabic: 2.50, devanagari: 2.88, indic: 3.37, thai: 2.44, han: 1.45, kana: 1.54, hangul: 1.95, other: 1.60);

    private static double[] Llama3Factors => Factors(latin: 1.00, accented: 1.17, digits: 1, symbols: 1.00, cyrillic: 1.12, greek: 1.07, hebrew: 2.37, arabic: 1.17, devanagari: 1.48, indic: 3.80, thai: 1.22, han: 1.04, kana: 0.97, hangul: 1.05, other: 1.10);

    private static Dictionary<string, TokenizerFamily> ByName(TokenizerFamily[] families)
    {
        var byName = new Dictionary<string, TokenizerFamily>(families.Length, StringComparer.OrdinalIgnoreCase);
        foreach (TokenizerFamily family in families)
        {
            byName.Add(family.Name, family);
        }

        return byName;
    }

    private double[] Table
    {
        init => _factors = value;
    }

    private static double[] Factors(
        double latin,
        double accented,
        double digits,
        double symbols,
        double cyrillic,
        double greek,
        double hebrew,
        double arabic,
        double devanagari,
        double indic,
        double thai,
        double han,
        double kana,
        double hangul,
        double other,
        double? rare = null) =>
        [latin, rare ?? latin, accented, digits, symbols, cyrillic, greek, hebrew, arabic, devanagari, indic, thai, han, kana, hangul, other];
}
