namespace MeaiBudget;

/// <summary>Puts together the usage reports of a stream as its client passes them on.</summary>
/// <remarks>
/// By the contract of Microsoft.Extensions.AI each report adds to those before it. Clients of known providers, and servers that repeat
/// the usage in each chunk, report the sum so far instead.
/// </remarks>
/// <param name="isSum">True if the client is known to report the sum so far.</param>
internal struct StreamedUsage(bool isSum)
{
    private readonly bool _isSum = isSum;
    private BillableUsage? _last;
    private BillableUsage _sum;
    private long _sumBeforeLast;
    private bool _isInDifferences;
    private bool _isLastDifference;

    /// <summary>The usage so far; null if there was no report.</summary>
    public readonly BillableUsage? Value =>
        _last is not null && _isInDifferences && (_isLastDifference || _last.Value.OutputTokens != _sumBeforeLast) ? _sum : _last;

    /// <summary>Takes a report.</summary>
    public void Take(in BillableUsage report)
    {
        if (_last is not { } last)
        {
            (_last, _sum) = (report, report);
            return;
        }

        // A sum never falls, and names the input each time.
        _isLastDifference = !_isSum && report.InputTokens == 0 && last.InputTokens > 0;
        _isInDifferences |= _isLastDifference || (report.OutputTokens > 0 && report.OutputTokens < last.OutputTokens);
        _sumBeforeLast = _sum.OutputTokens;
        _sum = Merged(_sum, report, static (all, next) => SaturatingMath.Add(all, next)) with
        {
            // The input is often repeated in each difference.
            InputTokens = report.InputTokens == _sum.InputTokens ? _sum.InputTokens : SaturatingMath.Add(_sum.InputTokens, report.InputTokens),
            CachedInputTokens = report.CachedInputTokens == _sum.CachedInputTokens ? _sum.CachedInputTokens : SaturatingMath.Add(_sum.CachedInputTokens, report.CachedInputTokens),
        };

        // A later report without details does not take back those of an earlier one.
        _last = Merged(last, report, static (earlier, next) => next != 0 ? next : earlier);
    }

    private static BillableUsage Merged(in BillableUsage earlier, in BillableUsage next, Func<long, long, long> merge) => next with
    {
        InputTokens = merge(earlier.InputTokens, next.InputTokens),
        CachedInputTokens = merge(earlier.CachedInputTokens, next.CachedInputTokens),
        CacheWriteTokens = merge(earlier.CacheWriteTokens, next.CacheWriteTokens),
        CacheWriteOneHourTokens = merge(earlier.CacheWriteOneHourTokens, next.CacheWriteOneHourTokens),
        OutputTokens = merge(earlier.OutputTokens, next.OutputTokens),
        ReasoningTokens = merge(earlier.ReasoningTokens, next.ReasoningTokens),
        InputAudioTokens = merge(earlier.InputAudioTokens, next.InputAudioTokens),
        OutputAudioTokens = merge(earlier.OutputAudioTokens, next.OutputAudioTokens),
        InputImageTokens = merge(earlier.InputImageTokens, next.InputImageTokens),
        OutputImageTokens = merge(earlier.OutputImageTokens, next.OutputImageTokens),
        WebSearches = merge(earlier.WebSearches, next.WebSearches),
        FileSearches = merge(earlier.FileSearches, next.FileSearches),
        CodeExecutionSessions = merge(earlier.CodeExecutionSessions, next.CodeExecutionSessions),
        IsCacheWriteDurationAssumed = next.CacheWriteTokens != 0 ? next.IsCacheWriteDurationAssumed : earlier.IsCacheWriteDurationAssumed,
        ProviderStatedCost = next.ProviderStatedCost ?? earlier.ProviderStatedCost,
        ServiceTier = next.ServiceTier ?? earlier.ServiceTier,
        IsInconsistent = next.IsInconsistent || earlier.IsInconsistent,
        HasUnconfirmedParts = next.HasUnconfirmedParts || earlier.HasUnconfirmedParts,
        HasUnknownFee = next.HasUnknownFee || earlier.HasUnknownFee,
    };
}
