namespace MeaiBudget;

/// <summary>Counts the tokens of a text under one tokenizer.</summary>
/// <remarks>Implementations are thread-safe and never throw on any text, whatever it holds.</remarks>
public interface ITokenCounter
{
    /// <summary>Gets the stable name of the counter, for example <c>o200k_base</c>; part of every cache key.</summary>
    string Name { get; }

    /// <summary>Gets a value indicating whether <see cref="Count"/> is what the real tokenizer gives; <see langword="false"/> for a heuristic.</summary>
    bool IsExact => true;

    /// <summary>Counts the tokens of a text: exact for a byte-pair counter, the best estimate for a heuristic.</summary>
    /// <param name="text">The text; special-token text in it counts as ordinary text.</param>
    /// <returns>The number of tokens, zero or more.</returns>
    int Count(ReadOnlySpan<char> text);

    /// <summary>Gives a count that the real tokenizer is not expected to exceed; equal to <see cref="Count"/> where that is exact.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The number of tokens, never less than <see cref="Count"/>.</returns>
    int UpperBound(ReadOnlySpan<char> text) => Count(text);

    /// <summary>Gives <see cref="Count"/> and <see cref="UpperBound"/> of a text together; a heuristic reads the text once for both.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Both figures.</returns>
    TokenCount Measure(ReadOnlySpan<char> text)
    {
        int count = Count(text);
        return new TokenCount(count, IsExact ? count : Math.Max(count, UpperBound(text)));
    }
}
