namespace MeaiBudget;

/// <summary>The result of an <see cref="ITokenCounter"/> for one text. Immutable.</summary>
/// <param name="Tokens">The number of tokens; exact if <see cref="ITokenCounter.IsExact"/> is true, otherwise an estimate.</param>
/// <param name="UpperBound">The upper bound of the real tokenizer's count, at least <paramref name="Tokens"/>.</param>
public readonly record struct TokenCount(int Tokens, int UpperBound);
