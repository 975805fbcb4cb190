namespace MeaiBudget;

/// <summary>The tokens of one text, as an <see cref="ITokenCounter"/> gives them.</summary>
/// <param name="Tokens">The best estimate, in tokens; exact where <see cref="ITokenCounter.IsExact"/> says so.</param>
/// <param name="UpperBound">What the real tokenizer is not expected to exceed, in tokens; never less than <paramref name="Tokens"/>.</param>
public readonly record struct TokenCount(int Tokens, int UpperBound);
