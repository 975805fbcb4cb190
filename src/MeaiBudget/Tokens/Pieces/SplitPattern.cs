namespace MeaiBudget;

/// <summary>How an encoding splits text into pieces before it merges bytes. Each member is tiktoken's pattern for the named encodings.</summary>
internal enum SplitPattern
{
    /// <summary>The pattern of <c>o200k_base</c> and <c>o200k_harmony</c>. Words are split at a change from lower to upper case and include contractions.</summary>
    O200k,

    /// <summary>The pattern of <c>cl100k_base</c>. Words consist of letters, contractions are separate pieces, numbers have up to three digits.</summary>
    Cl100k,

    /// <summary>The pattern of <c>r50k_base</c>, <c>p50k_base</c> and GPT-2.</summary>
    Gpt2,
}
