namespace MeaiBudget;

/// <summary>Counts the tokens of a text under one tokenizer.</summary>
/// <remarks>Implementations are thread-safe and never throw for any text, also not for half of a surrogate pair.</remarks>
public interface ITokenCounter
{
    /// <summary>Gets the name of the counter, for example <c>o200k_base</c>. It is part of cache keys: counters that count differently have different names.</summary>
    string Name { get; }

    /// <summary>Gets a value indicating whether <see cref="Count"/> equals the count of the model's tokenizer; <see langword="false"/> for a heuristic.</summary>
    bool IsExact => true;

    /// <summary>Counts the tokens of a text: exact for a byte-pair counter, the best estimate for a heuristic.</summary>
    /// <param name="text">The text; special-token text in it counts as ordinary text.</param>
    /// <returns>The number of tokens, zero or more.</returns>
    int Count(ReadOnlySpan<char> text);

    /// <summary>Returns a number that the model's tokenizer is not expected to exceed; <see cref="Count"/> if that is exact.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The number of tokens, never less than <see cref="Count"/>.</returns>
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
