namespace MeaiBudget;

/// <summary>How an encoding splits text into pieces before it merges bytes. Each is the pattern of that name in tiktoken.</summary>
public enum SplitPattern
{
    /// <summary>The pattern of <c>o200k_base</c> and <c>o200k_harmony</c>: words split at a change from lower to upper case, contractions stay on.</summary>
    O200k,

    /// <summary>The pattern of <c>cl100k_base</c>: words of letters, contractions are pieces of their own, numbers in threes.</summary>
    Cl100k,

    /// <summary>The pattern of <c>r50k_base</c>, <c>p50k_base</c> and GPT-2.</summary>
    Gpt2,
}
