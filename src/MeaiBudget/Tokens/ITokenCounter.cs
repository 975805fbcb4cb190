namespace MeaiBudget;

/// <summary>Counts the tokens of a text with one tokenizer.</summary>
/// <remarks>Implementations are thread-safe and do not throw for any text, including unpaired surrogates.</remarks>
public interface ITokenCounter
{
    /// <summary>Gets the stable name of the counter, for example <c>o200k_base</c>. It is part of cache keys, so counters that count differently need different names.</summary>
    string Name { get; }

    /// <summary>Gets a value indicating whether <see cref="Count"/> equals the count of the model's tokenizer; <see langword="false"/> for a heuristic.</summary>
    bool IsExact => true;

    /// <summary>Counts the tokens of a text: exact for a byte-pair counter, the best estimate for a heuristic.</summary>
    /// <param name="text">The text. Special-token text in it counts as ordinary text.</param>
    /// <returns>The number of tokens, zero or more.</returns>
    int Count(ReadOnlySpan<char> text);

    /// <summary>Returns a number that the model's tokenizer is not expected to exceed; <see cref="Count"/> if that is exact.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The number of tokens, at least <see cref="Count"/>.</returns>
    int UpperBound(ReadOnlySpan<char> text) => Count(text);

    /// <summary>Returns <see cref="Count"/> and <see cref="UpperBound"/> together. A heuristic reads the text once for both.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Both numbers.</returns>
    TokenCount Measure(ReadOnlySpan<char> text)
    {
        int count = Count(text);
        return new TokenCount(count, IsExact ? count : Math.Max(count, UpperBound(text)));
    }
}
