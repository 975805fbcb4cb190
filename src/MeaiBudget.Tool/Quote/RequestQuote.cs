namespace MeaiBudget.Tool;

/// <summary>What one request would cost under one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Price">How its price was found.</param>
/// <param name="InputTokens">The expected input tokens.</param>
/// <param name="InputUpperBound">The input tokens that a budget would reserve.</param>
/// <param name="Source">Where the count comes from.</param>
/// <param name="Flags">What could not be seen.</param>
/// <param name="Breakdown">What the input is made of.</param>
/// <param name="ExpectedOutputTokens">The output assumed for <paramref name="Expected"/>.</param>
/// <param name="MaxOutputTokens">The most output that the request or the model allows.</param>
/// <param name="Lowest">The cost in US dollars if the answer is empty; <see langword="null"/> if the price is not known.</param>
/// <param name="Expected">The expected cost.</param>
/// <param name="Worst">The cost of the input's upper bound and the longest answer.</param>
internal sealed record RequestQuote(
    string Model, PriceMatch Price, long InputTokens, long InputUpperBound, TokenEstimateSource Source, TokenEstimateFlags Flags, TokenBreakdown Breakdown,
    long ExpectedOutputTokens, long MaxOutputTokens, decimal? Lowest, decimal? Expected, decimal? Worst)
{
    // What a budget would reserve where neither the request nor the model's limit says how long an answer may be.
    private const long DefaultOutput = 16_384;
    private const long DefaultReasoningOutput = 32_768;
    private const long TypicalOutput = 500;

    /// <summary>Quotes a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="isOwn">Whether it is the request's own model; another is estimated in its own provider's format.</param>
    /// <param name="expectedOutput">The answer's length to expect; <see langword="null"/> for five hundred tokens.</param>
    public static RequestQuote Of(RawRequest request, string model, bool isOwn, long? expectedOutput)
    {
        var target = new TokenEstimationTarget(model) { Api = isOwn ? request.Api : ChatApi.Unknown };
        TokenEstimate estimate = TokenEstimator.Shared.Estimate(request.Messages, request.Options, target);
        PriceResolution price = PriceCatalog.Default.Resolve(model);
        bool isReasoning = price.Limits?.IsReasoning == true || OpenAIRequestRules.IsReasoning(RequestProfile.Bare(model));
        long most = estimate.MaxOutputTokens ?? Math.Min(price.Limits?.MaxOutputTokens ?? long.MaxValue, isReasoning ? DefaultReasoningOutput : DefaultOutput);
        long expected = Math.Min(expectedOutput ?? TypicalOutput, most);
        return new RequestQuote(
            model, price.Match, estimate.InputTokens, estimate.InputUpperBound, estimate.Source, estimate.Flags, estimate.Breakdown, expected, most,
            CostOf(price, estimate.InputTokens, 0), CostOf(price, estimate.InputTokens, expected), CostOf(price, estimate.InputUpperBound, most));
    }

    private static decimal? CostOf(PriceResolution price, long input, long output) =>
        price.Price is null ? null : price.CostOf(new BillableUsage { InputTokens = input, OutputTokens = output }).Amount;
}
