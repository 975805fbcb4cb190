namespace MeaiBudget.Tool;

/// <summary>The cost of one request with one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Price">The resolution of its price.</param>
/// <param name="InputTokens">The estimated input tokens.</param>
/// <param name="InputUpperBound">The input tokens that a budget would reserve.</param>
/// <param name="Source">The source of the estimate.</param>
/// <param name="Flags">The parts that could not be counted.</param>
/// <param name="Breakdown">The parts of the input.</param>
/// <param name="ExpectedOutputTokens">The output tokens assumed for <paramref name="Expected"/>.</param>
/// <param name="MaxOutputTokens">The maximum of output tokens in the request, or of the model.</param>
/// <param name="Lowest">The cost in US dollars of an empty answer; null if the price is unknown.</param>
/// <param name="Expected">The expected cost in US dollars.</param>
/// <param name="Worst">The cost in US dollars of the input's upper bound and the longest answer.</param>
internal sealed record RequestQuote(
    string Model, PriceMatch Price, long InputTokens, long InputUpperBound, TokenEstimateSource Source, TokenEstimateFlags Flags, TokenBreakdown Breakdown,
    long ExpectedOutputTokens, long MaxOutputTokens, decimal? Lowest, decimal? Expected, decimal? Worst)
{
    // The reservation of a budget if neither the request nor the model limits the output.
    private const long DefaultOutput = 16_384;
    private const long DefaultReasoningOutput = 32_768;
    private const long TypicalOutput = 500;

    /// <summary>Quotes a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="isOwn">True for the request's own model; another model is estimated in its own provider's format.</param>
    /// <param name="expectedOutput">The expected output tokens; null for 500.</param>
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
