using CsCheck;

namespace MeaiBudget.Tests;

public class CostPropertyTests
{
    private static readonly Gen<long> Tokens = Gen.OneOf(Gen.Long[0, 20], Gen.Long[0, 500_000], Gen.Long[0, 2_000_000_000]);

    private static readonly Gen<decimal> Rate = Gen.OneOf(
        Gen.Int[0, 100_000_000].Select(value => value / 1_000_000m), Gen.Int[1, 1000].Select(value => value / 1_000_000_000m), Gen.Const(0.075m), Gen.Const(1_000_000m));

    // Rates as providers set them: cache reads cost at most the input price, cache writes and media at least the input price.
    private static readonly Gen<ModelPrice> Plain =
        from input in Rate
        from output in Rate
        from cached in Gen.Int[0, 100].Nullable()
        from write in Gen.Int[100, 200].Nullable()
        from writeOneHour in Gen.Int[200, 300].Nullable()
        from audio in Gen.Int[100, 1000].Nullable()
        select ModelPrice.PerMillionTokens(
            input,
            output,
            cachedInput: Part(input, cached),
            cacheWrite: Part(input, write),
            cacheWriteOneHour: Part(input, writeOneHour),
            inputAudio: Part(input, audio),
            outputAudio: Part(output, audio));

    private static readonly Gen<ModelPrice> Price =
        from price in Plain
        from threshold in Gen.Long[1, 600_000].Nullable()
        from marginal in Gen.Bool
        from fee in Gen.Int[0, 50].Nullable()
        select (threshold is { } above
            ? price.WithBracket(above, Twice(price), marginal ? PriceBracketMode.Marginal : PriceBracketMode.WholeRequest)
            : price).WithFees(perRequest: fee / 1000m);

    // Disjoint parts, so that one more of a part is one more token.
    private static readonly Gen<Parts> Usage = Gen.Select(
        Gen.Select(Tokens, Tokens, Tokens, Tokens),
        Gen.Select(Tokens, Tokens, Tokens, Tokens, Tokens),
        (a, b) => new Parts([a.Item1, a.Item2, a.Item3, a.Item4, b.Item1, b.Item2, b.Item3, b.Item4, b.Item5]));

    [Fact]
    public void CostIsMonotoneInEveryComponent() =>
        Gen.Select(Price, Usage, Gen.Int[0, 8], Gen.Long[1, 100_000]).Sample((price, usage, part, more) =>
            price.CostOf(usage.More(part, more).ToUsage()).NanoDollars >= price.CostOf(usage.ToUsage()).NanoDollars);

    [Fact]
    public void MovingInputFromUncachedToCacheReadsNeverCostsMore() =>
        Gen.Select(Price, Usage, Gen.Double[0, 1]).Sample((price, usage, share) =>
        {
            long moved = (long)(usage.Values[0] * share);
            Parts cached = usage.More(0, -moved).More(1, moved);
            return price.CostOf(cached.ToUsage()).NanoDollars <= price.CostOf(usage.ToUsage()).NanoDollars;
        });

    [Fact]
    public void PerThousandAndPerMillionAgreeExactly() =>
        Gen.Select(Gen.Int[0, 1_000_000_000], Gen.Int[0, 1_000_000_000], Usage).Sample((input, output, usage) =>
        {
            var thousand = ModelPrice.PerThousandTokens(input / 1_000_000m, output / 1_000_000m);
            var million = ModelPrice.PerMillionTokens(input / 1_000m, output / 1_000m);
            return thousand == million && thousand.CostOf(usage.ToUsage()) == million.CostOf(usage.ToUsage());
        });

    [Fact]
    public void TheCostIsTheExactSumRoundedOnce() =>
        Gen.Select(Rate, Rate, Gen.Long[0, 2_000_000_000], Gen.Long[0, 2_000_000_000]).Sample((inputRate, outputRate, input, output) =>
        {
            decimal exact = (input * inputRate + output * outputRate) * 1000m;
            var price = ModelPrice.PerMillionTokens(inputRate, outputRate);
            return price.CostOf(new BillableUsage { InputTokens = input, OutputTokens = output }).NanoDollars == Math.Round(exact, MidpointRounding.ToEven)
                && price.WorstCaseNanoDollars(input, output) == Math.Ceiling(exact);
        });

    [Fact]
    public void BracketsAreRightAtTheBoundaryAndOneEitherSide() =>
        Gen.Select(Plain, Gen.Long[2, 1_000_000], Gen.Bool).Sample((price, above, marginal) =>
        {
            ModelPrice dear = Twice(price);
            ModelPrice bracketed = price.WithBracket(above, dear, marginal ? PriceBracketMode.Marginal : PriceBracketMode.WholeRequest);
            foreach (long input in new[] { above - 1, above })
            {
                Assert.Equal(CostOf(price, input), CostOf(bracketed, input));
            }

            long beyond = CostOf(bracketed, above + 1);
            Int128 exact = marginal
                ? ((Int128)above * price.StandardCard.Rates[PriceComponent.Input]) + dear.StandardCard.Rates[PriceComponent.Input]
                : (Int128)(above + 1) * dear.StandardCard.Rates[PriceComponent.Input];
            Assert.Equal(Money.RoundHalfEven(exact), beyond);
        });

    [Fact]
    public void LinesAddUpToTheAmountAndNoneIsNegative() =>
        Gen.Select(Price, Usage, Gen.Int[0, 3], Gen.Bool).Sample((price, usage, searches, estimated) =>
        {
            BillableUsage billable = usage.ToUsage() with { WebSearches = searches, IsEstimated = estimated };
            CostBreakdown breakdown = price.WithFees(perWebSearch: 0.0123456789m).Explain(billable);
            Assert.Equal(breakdown.Cost.Amount, breakdown.Lines.Sum(line => line.Amount));
            Assert.All(breakdown.Lines, line => Assert.True(line.Amount >= 0 && line.Quantity > 0));
            Assert.Equal(price.WithFees(perWebSearch: 0.0123456789m).CostOf(billable), breakdown.Cost);
        });

    [Fact]
    public void PayableOutputTokensIsTheExactInverseOfTheWorstCase() =>
        Gen.Select(Price, Gen.Long[0, 2_000_000], Gen.Long[0, 1_000_000_000_000], Gen.Int[0, 2].Select(index => index switch { 0 => null, 1 => "priority", _ => "flex" })).Sample((price, input, nano, tier) =>
        {
            long tokens = price.PayableOutputTokens(nano, input, tier);
            if (tokens == -1)
            {
                return price.WorstCaseNanoDollars(input, 0, tier) > nano;
            }

            return price.WorstCaseNanoDollars(input, tokens == long.MaxValue ? 1_000_000 : tokens, tier) <= nano
                && (tokens == long.MaxValue || price.WorstCaseNanoDollars(input, tokens + 1, tier) > nano);
        });

    [Fact]
    public void NothingThatIsReportedCostsMoreThanTheWorstCaseOfItsTotals() =>
        Gen.Select(Price, Usage).Sample((price, usage) =>
        {
            BillableUsage billable = usage.ToUsage();

            // Assumed cache-write prices are not reserved for; all others are.
            if (price.CostOf(billable).Flags.HasFlag(CostFlags.AssumedCachePrice) && billable.CacheWriteOneHourTokens > 0)
            {
                return true;
            }

            return price.CostOf(billable).NanoDollars <= price.WorstCaseNanoDollars(billable.InputTokens, billable.OutputTokens);
        });

    private static long CostOf(ModelPrice price, long input) => price.CostOf(new BillableUsage { InputTokens = input }).NanoDollars;

    private static decimal? Part(decimal whole, int? percent) => Math.Min(whole * percent / 100m ?? 0m, 1_000_000m) is var part && percent is null ? null : part;

    private static ModelPrice Twice(ModelPrice price) => ModelPrice.FromRates(price.StandardCard.Rates.Scaled(2, 1));

    private sealed record Parts(long[] Values)
    {
        internal Parts More(int part, long more)
        {
            long[] values = [.. Values];
            values[part] += more;
            return new Parts(values);
        }

        internal BillableUsage ToUsage() => new()
        {
            InputTokens = Values[0] + Values[1] + Values[2] + Values[3] + Values[4],
            CachedInputTokens = Values[1],
            CacheWriteTokens = Values[2],
            CacheWriteOneHourTokens = Values[3],
            InputAudioTokens = Values[4],
            OutputTokens = Values[5] + Values[6] + Values[7] + Values[8],
            ReasoningTokens = Values[6],
            OutputAudioTokens = Values[7],
            OutputImageTokens = Values[8],
        };
    }
}
