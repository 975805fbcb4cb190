namespace MeaiBudget.Tool;

/// <summary>The cost of one request with one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Price">The resolution of its price.</param>
/// <param name="InputTokens">The estimated input tokens.</param>
/// <param name="InputUpperBound">The input tokens that a budget would reserve.</param>
/// <param name="Source">The source of the estimate.</param>
/// <param name="Flags">The parts that could not be counted.</param>
/// <param name="Breakdown">The parts of the input.</param>
/// <param name="ExpectedOutputTokens">The output tokens assumed for <paramref name="Expected"/>, of all answers together.</param>
/// <param name="MaxOutputTokens">The maximum of output tokens in the request, or of the model, of all answers together.</param>
/// <param name="Lowest">The cost in US dollars of an empty answer; null if the price is unknown.</param>
/// <param name="Expected">The expected cost in US dollars. If the request asks for caching, the prompt is written to the cache.</param>
/// <param name="Worst">The cost in US dollars of the input's upper bound and the longest answers.</param>
/// <param name="Answers">The number of answers that the request asks for.</param>
/// <param name="ServiceTier">The service tier that the request asks for; null for the standard tier.</param>
internal sealed record RequestQuote(
    string Model, PriceMatch Price, long InputTokens, long InputUpperBound, TokenEstimateSource Source, TokenEstimateFlags Flags, TokenBreakdown Breakdown,
    long ExpectedOutputTokens, long MaxOutputTokens, decimal? Lowest, decimal? Expected, decimal? Worst,
    long Answers, string? ServiceTier)
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
    /// <param name="known">The price, where a configuration has decided it; null for the catalog's.</param>
    public static RequestQuote Of(RawRequest request, string model, bool isOwn, long? expectedOutput, PriceResolution? known = null)
    {
        var target = new TokenEstimationTarget(model) { Api = isOwn ? request.Api : ChatApi.Unknown };
        TokenEstimate estimate = TokenEstimator.Shared.Estimate(request.Messages, request.Options, target);
        PriceResolution price = known ?? PriceCatalog.Default.Resolve(model);
        bool isReasoning = price.Limits?.IsReasoning == true || OpenAIRequestRules.IsReasoning(RequestProfile.Bare(model));
        long most = estimate.MaxOutputTokens ?? Math.Min(price.Limits?.MaxOutputTokens ?? long.MaxValue, isReasoning ? DefaultReasoningOutput : DefaultOutput);
        long answers = Math.Max(1, request.Terms?.AnswerCount ?? 1);
        long expected = SaturatingMath.Multiply(Math.Min(expectedOutput ?? TypicalOutput, most), answers);
        most = SaturatingMath.Multiply(most, answers);
        string? tier = ServiceTiers.Canonical(request.Terms?.ServiceTier);
        TimeSpan? cached = request.Terms?.CacheLifetime;
        return new RequestQuote(
            model, price.Match, estimate.InputTokens, estimate.InputUpperBound, estimate.Source, estimate.Flags, estimate.Breakdown, expected, most,
            CostOf(price, estimate.InputTokens, 0, tier, null), CostOf(price, estimate.InputTokens, expected, tier, cached), CostOf(price, estimate.InputUpperBound, most, tier, cached),
            answers, tier);
    }

    private static decimal? CostOf(PriceResolution price, long input, long output, string? tier, TimeSpan? cached) =>
        price.Price is null
            ? null
            : price.CostOf(new BillableUsage
            {
                InputTokens = input,
                CacheWriteTokens = cached < TimeSpan.FromHours(1) ? input : 0,
                CacheWriteOneHourTokens = cached == TimeSpan.FromHours(1) ? input : 0,
                CacheWriteTwelveHoursTokens = cached > TimeSpan.FromHours(1) ? input : 0,
                OutputTokens = output,
                ServiceTier = tier,
            }).Amount;
}
