using Microsoft.ML.Tokenizers;

namespace MeaiBudget;

/// <summary>Counts with a tokenizer of Microsoft.ML.Tokenizers, for example SentencePiece, WordPiece or your own tokenizer file.</summary>
/// <remarks>
/// <para>
/// These tokenizers take quadratic time for text without white space (160 KB of one letter take 20 seconds). So a run of more than
/// <see cref="LongestRun"/> characters without white space is counted in slices of that length. For each slice, the count of such a run
/// may be up to two tokens higher or one token lower than the tokenizer's. Other text is counted as a whole.
/// </para>
/// <para>Thread-safe if the tokenizer is.</para>
/// </remarks>
internal sealed class MlTokenCounter : ITokenCounter
{
    /// <summary>The longest run without white space, in UTF-16 units, that is counted as a whole.</summary>
    public const int LongestRun = 1024;

    private readonly Tokenizer _tokenizer;

    /// <summary>Creates a counter for a tokenizer.</summary>
    /// <param name="name">The stable name of the counter. It is part of cache keys.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    public MlTokenCounter(string name, Tokenizer tokenizer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(tokenizer);
        Name = name;
        _tokenizer = tokenizer;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Count(ReadOnlySpan<char> text)
    {
        long total = 0;
        while (NextLongRun(text, out int start, out int length))
        {
            total += CountWhole(text[..start]);
            for (ReadOnlySpan<char> run = text.Slice(start, length); !run.IsEmpty;)
            {
                int slice = Math.Min(LongestRun, run.Length);
                if (slice < run.Length && char.IsHighSurrogate(run[slice - 1]))
                {
                    slice--;
                }

                total += CountWhole(run[..slice]);
                run = run[slice..];
            }

            text = text[(start + length)..];
        }

        return (int)Math.Min(int.MaxValue, total + CountWhole(text));
    }

    private int CountWhole(ReadOnlySpan<char> text) => text.IsEmpty ? 0 : _tokenizer.CountTokens(text);

    // A run is white space only, or contains none. Tokenizers do not merge across such a border, or only across one character of it.
    private static bool NextLongRun(ReadOnlySpan<char> text, out int start, out int length)
    {
        start = 0;
        while (start < text.Length)
        {
            bool white = char.IsWhiteSpace(text[start]);
            int end = start + 1;
            while (end < text.Length && char.IsWhiteSpace(text[end]) == white)
            {
                end++;
            }

            length = end - start;
            if (length > LongestRun)
            {
                return true;
            }

            start = end;
        }

        length = 0;
        return false;
    }
}
