namespace MeaiBudget;

/// <summary>What one model costs.</summary>
public sealed record ModelPrice
{
    private readonly decimal _inputPerMillion;
    private readonly decimal _outputPerMillion;

    private ModelPrice(decimal inputPerMillion, decimal outputPerMillion)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputPerMillion);
        ArgumentOutOfRangeException.ThrowIfNegative(outputPerMillion);
        _inputPerMillion = inputPerMillion;
        _outputPerMillion = outputPerMillion;
    }

    /// <summary>Gets the price of a model that is known to cost nothing.</summary>
    public static ModelPrice Free { get; } = new(0m, 0m);

    /// <summary>Makes a price from US dollars per million tokens.</summary>
    /// <param name="input">US dollars per million input tokens, zero or more.</param>
    /// <param name="output">US dollars per million output tokens, zero or more.</param>
    /// <returns>The price.</returns>
    public static ModelPrice PerMillionTokens(decimal input, decimal output) => new(input, output);

    /// <summary>Makes a price from US dollars per thousand tokens.</summary>
    /// <param name="input">US dollars per thousand input tokens, zero or more.</param>
    /// <param name="output">US dollars per thousand output tokens, zero or more.</param>
    /// <returns>The price.</returns>
    public static ModelPrice PerThousandTokens(decimal input, decimal output) => new(input * 1000m, output * 1000m);

    /// <summary>Computes what a usage costs; settling rounds half to even, once.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="match">How the price was found, noted in the cost.</param>
    /// <returns>The cost, never negative.</returns>
    public Cost CostOf(in BillableUsage usage, PriceMatch match = PriceMatch.Override)
    {
        decimal nano = usage.ProviderStatedCost * 1_000_000_000m
            ?? ((usage.InputTokens * _inputPerMillion) + (usage.OutputTokens * _outputPerMillion)) * 1000m;
        CostKind kind = usage.ProviderStatedCost is not null ? CostKind.ProviderStated
            : usage.IsEstimated ? CostKind.Estimated : CostKind.Computed;
        return new Cost((long)Math.Round(nano, MidpointRounding.ToEven), kind, match);
    }

    /// <summary>The most that so many tokens can cost, in nano-dollars, rounded up: the dearest way the input may be billed (bracket, cache write).</summary>
    internal long WorstCaseNanoDollars(long inputTokens, long outputTokens, string? serviceTier = null) =>
        (long)Math.Ceiling(((inputTokens * _inputPerMillion) + (outputTokens * _outputPerMillion)) * 1000m);

    /// <summary>The most output tokens whose worst case, with so much input, fits into an amount; -1 if not even the input does.</summary>
    internal long PayableOutputTokens(long nanoDollars, long inputTokens, string? serviceTier = null)
    {
        decimal left = (nanoDollars / 1000m) - (inputTokens * _inputPerMillion);
        if (left < 0)
        {
            return -1;
        }

        return _outputPerMillion == 0 ? long.MaxValue : (long)Math.Floor(left / _outputPerMillion);
    }
}
