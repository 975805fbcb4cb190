using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Maps model ids to counters. The first matching row applies.</summary>
internal static partial class ModelFamilies
{
    internal const string Unknown = "unknown";

    /// <summary>The counter of the model that was asked about last: most processes use one model at a time, and a dozen words and patterns are tried for each.</summary>
    private static Known? s_last;

    // Sources: OpenAI's tiktoken model table for the GPT rows; for the others the tokenizer named in the family's model card.
    // A pattern is created when an id first has one of the words of its row, because creating all of them takes longer than the first count.
    private static readonly Row[] Rows =
    [
        new("o200k_harmony", ["oss"], GptOss),

        // Models that were trained from another family's model have its tokenizer, whatever their names (model cards on Hugging Face; Perplexity:
        // Sonar from Llama 3.3, Sonar Reasoning and R1 1776 from DeepSeek R1).
        new("deepseek", ["r1-1776", "mai-ds-r1", "cogito", "sonar-reasoning"], OfDeepSeek),
        new("llama-3", ["sonar", "l3", "hermes-", "firefunction"], OfLlama3),
        new("mistral", ["zephyr", "openchat", "openorca", "starling", "toppy-m", "capybara", "wizardlm", "sorcererlm", "dolphin"], OfMixtral),
        new("llama-2", ["wizardlm", "mythomax", "hermes", "remm-slerp", "platypus2", "goliath", "noromaid", "alpaca", "solar-10", "pplx-70b", "airoboros"], OfLlama2),
        new("mistral-tekken", ["rocinante", "cydonia", "skyfall", "nemotron"], OfMistralNemo),
        new("qwen", ["internvl3", "magnum-v", "mimo-", "ui-tars-1", "rolm", "virtuoso-", "coder-large", "kat-dev"], OfQwen),
        new("gemini", ["codegemma", "shieldgemma", "medgemma", "-gemma2"], OfGemma),

        // Microsoft's model cards: Phi-4 and Phi-3 small use OpenAI's cl100k_base, Phi-4 mini and multimodal o200k_base, other Phi-3 Llama 2's.
        new("phi-4-mini", ["phi"], Phi4Mini),
        new("phi-4", ["phi"], Phi4),
        new("llama-2", ["phi"], Phi3),
        new("o200k_base", ["gpt", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8", "o9", "codex", "computer-use", "omni-moderation", "chat-latest"], O200k, ["gpt-4o", "gpt-4.1", "gpt-5", "chatgpt-4o"]),
        new("cl100k_base", ["gpt", "text-embedding-", "davinci", "babbage"], Cl100k),
        new("p50k_base", ["davinci", "cushman"], P50k),
        new("r50k_base", ["davinci", "curie", "babbage", "ada"], R50k),
        new("claude-3", ["claude"], ClaudeOld, ["claude-3", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5"]),
        new("claude-4.7", ["claude"]),
        new("gemini", ["gemini", "gemma", "palm"], Gemini),
        new("llama-4", ["llama"], Llama4),
        new("llama-2", ["llama", "vicuna"], Llama2),
        new("llama-3", ["llama"]),
        new("mistral-tekken", ["nemo", "pixtral", "ministral", "devstral", "magistral", "voxtral", "mistral-", "codestral-"], MistralTekken),
        new("mistral", ["mistral", "mixtral", "codestral", "mathstral"]),
        new("qwen", ["qwen", "qwq", "qvq"]),
        new("deepseek", ["deepseek"]),
        new("modern", ["grok", "kimi", "moonshot-v1", "minimax", "glm", "command", "c4ai", "aya-"], Modern),
    ];

    /// <summary>The rows, for tests.</summary>
    internal static IReadOnlyList<Row> All => Rows;

    /// <summary>Returns the name of the counter for a model id; <see cref="Unknown"/> if no row matches.</summary>
    internal static string CounterName(string modelId)
    {
        Known? last = Volatile.Read(ref s_last);
        if (last is null || last.ModelId != modelId)
        {
            last = new Known(modelId, Find(modelId));
            Volatile.Write(ref s_last, last);
        }

        return last.Counter;
    }

    private static string Find(string modelId)
    {
        string id = BaseModel(modelId);
        foreach (Row row in Rows)
        {
            if (row.Matches(id))
            {
                return row.Counter;
            }
        }

        return Unknown;
    }

    // The base model of "ft:gpt-4o-2024-08-06:org::id" is its second part.
    private static string BaseModel(string modelId)
    {
        string id = modelId.Trim();
        return id.StartsWith("ft:", StringComparison.OrdinalIgnoreCase) ? id[3..].Split(':')[0] : id;
    }

    // A family's name must be at the start of the id or of one of its parts: "azure/gpt-4o", "us.anthropic.claude-3-5-haiku", "models/gemini-2.5-pro".
    private const string Start = @"(?:^openai-|^|[/.:@])";

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    [GeneratedRegex(Start + @"gpt-?oss", Options)]
    private static partial Regex GptOss();

    [GeneratedRegex(@"r1-1776|mai-ds-r1|cogito-?(671b|v2[.-]p?1-671b)|sonar-reasoning", Options)]
    private static partial Regex OfDeepSeek();

    [GeneratedRegex(Start + @"(sonar(-pro(-search)?)?$|l3(\.[0-9])?-|hermes-[34]-(70b|405b)|firefunction-v2)|deephermes-3-llama", Options)]
    private static partial Regex OfLlama3();

    [GeneratedRegex(@"zephyr|openchat|openorca|starling|toppy-m|nous-capybara-7b|wizardlm-2-8x22b|sorcererlm|dolphin-2[.0-9]*-mi[sx]t", Options)]
    private static partial Regex OfMixtral();

    [GeneratedRegex(@"wizardlm-(7|13|70)b|mythomax|chronos-hermes|remm-slerp-l2|platypus2|goliath-120b|noromaid|nous-hermes-(l2|llama2|13b)|alpaca-7b|solar-10\.7b|pplx-70b|airoboros-l2", Options)]
    private static partial Regex OfLlama2();

    [GeneratedRegex(@"rocinante-12b|cydonia|skyfall|nemotron-(nano-(9|12)b-v2|3-|h-)", Options)]
    private static partial Regex OfMistralNemo();

    [GeneratedRegex(@"internvl3|magnum-v[0-9]-72b|(?<![a-z])mimo-|ui-tars-1|rolm-?ocr|virtuoso-(small|medium|large)|arcee-ai/coder-large|kat-dev", Options)]
    private static partial Regex OfQwen();

    [GeneratedRegex(@"codegemma|shieldgemma|medgemma|-gemma2", Options)]
    private static partial Regex OfGemma();

    [GeneratedRegex(@"phi-?4-(mini|multimodal)", Options)]
    private static partial Regex Phi4Mini();

    [GeneratedRegex(@"phi-?(4|3-small)(?![0-9])", Options)]
    private static partial Regex Phi4();

    [GeneratedRegex(@"phi-?3(?![0-9])", Options)]
    private static partial Regex Phi3();

    [GeneratedRegex(Start + @"(gpt-chat|gpt-?4o|chatgpt-4o|gpt-?4[.-]?(1|5)(?![0-9])|gpt-?([5-9]|[1-9][0-9])(?![0-9])(?<!gpt-?35)|chat-latest$|o[1-9](?![0-9a-z])|codex|computer-use|chatgpt|omni-moderation|gpt-(audio|realtime|image))", Options)]
    private static partial Regex O200k();

    [GeneratedRegex(Start + @"(gpt-?4|gpt-?3[.-]?5|text-embedding-(3|ada-002)|davinci-002|babbage-002)", Options)]
    private static partial Regex Cl100k();

    [GeneratedRegex(Start + @"(text-davinci-00[23]|code-(davinci|cushman)|(davinci|cushman)-codex|text-davinci-edit|code-davinci-edit)", Options)]
    private static partial Regex P50k();

    [GeneratedRegex(Start + @"(text-)?(davinci|curie|babbage|ada)(-001)?$", Options)]
    private static partial Regex R50k();

    // Anthropic changed the tokenizer with Opus 4.7 and Sonnet 5. Haiku 4.5 and all older models use the previous one.
    [GeneratedRegex(@"claude-(v?[12](?![0-9])|instant|3|(opus|sonnet|haiku)-4-[0-6](?![0-9])|(opus|sonnet|haiku)-4(?![.-][0-9](?![0-9]))|(opus|sonnet|haiku)-4\.[0-6]|(opus|sonnet|haiku)-3|4[.-][0-6]-|4-)", Options)]
    private static partial Regex ClaudeOld();

    [GeneratedRegex(Start + @"(gemini|gemma|palm)", Options)]
    private static partial Regex Gemini();

    [GeneratedRegex(@"llama-?4|llama-(scout|maverick)", Options)]
    private static partial Regex Llama4();

    [GeneratedRegex(@"llama-?v?2|codellama|tinyllama|vicuna|llama-?v?1", Options)]
    private static partial Regex Llama2();

    [GeneratedRegex(@"nemo|pixtral|ministral|devstral|magistral|voxtral|mistral-(small|medium|large)-(3|2[5-9]|latest)|mistral-(small|medium|large)-?3|mistral-(small|medium|large)$|codestral-2[5-9]", Options)]
    private static partial Regex MistralTekken();

    [GeneratedRegex(@"grok|kimi|moonshot-v1|minimax|(?<![a-z])command$|(?<![a-z])glm|(?<![a-z])command-|(?<![a-z])c4ai|(?<![a-z])aya-", Options)]
    private static partial Regex Modern();

    /// <summary>A family: an id belongs to it if it contains one of the words and matches the pattern, if there is one.</summary>
    /// <param name="counter">The name of the counter.</param>
    /// <param name="words">What an id of the family contains.</param>
    /// <param name="pattern">What an id of the family matches; null if a word is enough.</param>
    /// <param name="beginnings">How the most used ids begin that match the pattern, if no digit follows: they need no pattern.</param>
    internal sealed class Row(string counter, string[] words, Func<Regex>? pattern = null, string[]? beginnings = null)
    {
        internal string Counter => counter;

        internal IReadOnlyList<string> Words => words;

        internal IReadOnlyList<string> Beginnings => beginnings ?? [];

        internal Regex? Pattern => pattern?.Invoke();

        internal bool Matches(string id) => HasWord(id) && (pattern is null || Begins(id) || pattern().IsMatch(id));

        private bool HasWord(string id)
        {
            foreach (string word in words)
            {
                if (id.Contains(word, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        private bool Begins(string id)
        {
            foreach (string beginning in beginnings ?? [])
            {
                if (id.StartsWith(beginning, StringComparison.OrdinalIgnoreCase) && (id.Length == beginning.Length || !char.IsAsciiDigit(id[beginning.Length])))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private sealed record Known(string ModelId, string Counter);
}
