using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Converts a measured request to another model.</summary>
internal static class OtherModel
{
    private static readonly TokenEstimator Estimator = new(new TokenEstimatorOptions { LearnsFromUsage = false });

    /// <summary>Returns the request as the other model would be sent it, and the usage that it would report.</summary>
    public static MeasuredRequest Of(MeasuredRequest request, string model, string? provider, PriceCatalog prices)
    {
        PriceResolution price = prices.Resolve(model, provider);
        TokenEstimate estimate = request.Estimate;
        if (request.Contents is { } contents)
        {
            ChatOptions options = contents.Options?.Clone() ?? new ChatOptions();
            options.ModelId = model;
            var target = new TokenEstimationTarget(model, new ChatClientMetadata(provider ?? price.Provider, defaultModelId: model));
            estimate = Estimator.EstimateAsync(contents.Messages, options, target).AsTask().GetAwaiter().GetResult();
        }

        BillableUsage usage = request.Usage;
        string said = request.Answer?.Text ?? "";
        long before = PartTokens.Count(request.Model, said);
        long after = PartTokens.Count(model, said);
        bool isExact = request.IsCounted || request.Estimate.InputTokens == 0;
        long input = usage.InputTokens == 0 ? 0 : isExact ? estimate.InputTokens : Scaled(usage.InputTokens, estimate.InputTokens, request.Estimate.InputTokens);
        long? most = price.Limits?.MaxOutputTokens;
        return request with
        {
            Model = model,
            Provider = provider ?? price.Provider,
            ProviderUri = null,
            RequestedModel = null,
            AnsweredBy = null,
            Reserved = null,
            Estimate = estimate,
            OutputLimit = most < request.OutputLimit ? most.Value : request.OutputLimit,
            Usage = new BillableUsage
            {
                InputTokens = input,
                CachedInputTokens = Math.Min(input, Scaled(usage.CachedInputTokens, input, usage.InputTokens)),
                OutputTokens = before == 0 ? usage.OutputTokens : Scaled(usage.OutputTokens, after, before),
                WebSearches = usage.WebSearches,
                FileSearches = usage.FileSearches,
                CodeExecutionSessions = usage.CodeExecutionSessions,
                IsEstimated = true,
            },
        };
    }

    private static long Scaled(long tokens, long numerator, long denominator) =>
        denominator == 0 ? tokens : (long)(((Int128)tokens * numerator + (denominator / 2)) / denominator);
}
