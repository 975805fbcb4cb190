namespace MeaiBudget;

/// <summary>Estimates the tokens of a model family whose tokenizer is not at hand, from the exact o200k_base count.</summary>
internal sealed class HeuristicTokenCounter(string name, ITokenCounter exact, double factor, double margin) : ITokenCounter
{
    public string Name => name;

    public bool IsExact => false;

    public int Count(ReadOnlySpan<char> text) => Measure(text).Tokens;

    public int UpperBound(ReadOnlySpan<char> text) => Measure(text).UpperBound;

    public TokenCount Measure(ReadOnlySpan<char> text)
    {
        int tokens = exact.Count(text);
        return new TokenCount((int)Math.Ceiling(tokens * factor), (int)Math.Ceiling(tokens * factor * margin));
    }
}
