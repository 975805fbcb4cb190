namespace MeaiBudget.Testing;

/// <summary>Prices requests with the code that admits and charges calls, at a fixed time, so that the same request always has the same cost.</summary>
internal sealed class ScenarioPrices
{
    /// <summary>The name of the budget that observes measured clients.</summary>
    public const string BudgetName = "meaibudget-cost-test";

    private readonly CostTracker _tracker;

    private ScenarioPrices(PriceCatalog catalog)
    {
        Catalog = catalog;
        _tracker = new CostTracker([Unlimited()], catalog);
    }

    /// <summary>The prices, on a clock that stands still.</summary>
    public PriceCatalog Catalog { get; }

    /// <summary>Creates prices that do not change with the day or the hour: a catalog that states its day is read at noon of that day.</summary>
    public static ScenarioPrices Of(PriceCatalog catalog) => new(catalog.Date is { } day
        ? catalog.WithTimeProvider(new FixedTime(new DateTimeOffset(day, new TimeOnly(12, 0), TimeSpan.Zero)))
        : catalog);

    /// <summary>Creates a budget that admits everything.</summary>
    public static Budget Unlimited() => Budget.Daily(BudgetName, null) with { Enforcement = Enforcement.Observe };

    /// <summary>Prices one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="number">Its number in the scenario.</param>
    /// <param name="tokens">Its tokens by part.</param>
    /// <param name="sharedTokens">The tokens that a provider could read from its cache.</param>
    public CostCall Price(MeasuredRequest request, int number, CostTokens tokens, long sharedTokens)
    {
        BillableUsage usage = request.Usage;
        SpendReservation reservation = Completed(_tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = request.Model,
            RequestedModelId = request.RequestedModel,
            Provider = request.Provider,
            ProviderUri = request.ProviderUri,
            Estimate = request.Estimate,
            OutputTokens = request.OutputLimit,
            ServiceTier = usage.ServiceTier,
        }));
        Cost charged = Completed(_tracker.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = request.AnsweredBy, Outcome = request.Receipt.Outcome }));
        PriceResolution price = Catalog.ResolveResponse(request.Model, request.AnsweredBy, request.Provider);
        bool reportsCache = usage.CachedInputTokens + usage.CacheWriteTokens + usage.CacheWriteOneHourTokens + usage.CacheWriteTwelveHoursTokens > 0;
        bool isBilled = !usage.IsEmpty;
        decimal withCache = charged.Amount;
        if (!reportsCache && isBilled && usage.ProviderStatedCost is null && sharedTokens >= PrefixCheck.LeastCachedTokens)
        {
            Cost plain = price.CostOf(usage);
            Cost cached = price.CostOf(usage with { CachedInputTokens = Math.Min(sharedTokens, usage.InputTokens) });
            withCache = Math.Max(0m, charged.Amount - Math.Max(0m, plain.Amount - cached.Amount));
        }

        long countedOutput = request.Answer is { Text.Length: > 0 } answer && isBilled
            ? PartTokens.Count(request.AnsweredBy ?? request.Model, answer.Text) + usage.ReasoningTokens
            : usage.OutputTokens;
        decimal counted = !isBilled || request.IsCounted || usage.ProviderStatedCost is not null ? charged.Amount : price.CostOf(usage with
        {
            InputTokens = request.Estimate.InputTokens,
            CachedInputTokens = Math.Min(usage.CachedInputTokens, request.Estimate.InputTokens),
            OutputTokens = countedOutput,
        }).Amount;
        return new CostCall
        {
            Number = number,
            Counted = counted,
            CountedOutput = countedOutput,
            Model = request.Model,
            AnsweredBy = request.AnsweredBy,
            Provider = request.Provider,
            Outcome = request.Receipt.Outcome,
            Tags = request.Tags,
            Tokens = tokens with { Output = usage.OutputTokens },
            InputTokens = usage.InputTokens,
            CachedTokens = usage.CachedInputTokens,
            SharedTokens = sharedTokens,
            OutputLimit = request.OutputLimit,
            ToolCalls = request.Answer?.ToolCalls ?? [],
            Expected = charged.Amount,
            WithCache = withCache,
            Worst = Math.Max(Math.Max(reservation.NanoDollars / 1_000_000_000m, request.Reserved ?? 0m), charged.Amount),
            PriceEntry = charged.Kind == CostKind.Unknown && isBilled ? null : EntryOf(charged, price),
            Rates = RatesOf(price.Price),
            ServerToolFees = FeesOf(usage with { WebSearches = 0, FileSearches = 0, CodeExecutionSessions = 0 }),
            CacheWriteSurcharge = FeesOf(usage with { CacheWriteTokens = 0, CacheWriteOneHourTokens = 0, CacheWriteTwelveHoursTokens = 0 }),
            Source = request,
        };

        decimal FeesOf(BillableUsage without) => isBilled && usage.ProviderStatedCost is null && usage != without ? Math.Max(0m, price.CostOf(usage).Amount - price.CostOf(without).Amount) : 0m;
    }

    /// <summary>Returns the price for a million tokens; zero if none is known. A long-context bracket is not part of it.</summary>
    private static CostRates RatesOf(ModelPrice? price) => price is null
        ? default
        : new CostRates(
            price.InputPerMillion,
            price.CostOf(new BillableUsage { InputTokens = 1_000, CachedInputTokens = 1_000 }).Amount * 1_000m,
            price.OutputPerMillion);

    /// <summary>Returns the entry without the digest of its catalog, which changes with every change of any price.</summary>
    private static string? EntryOf(Cost cost, PriceResolution price)
    {
        if (cost.PriceId is { } id)
        {
            return id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        }

        return price.Price is null ? (cost.Kind == CostKind.ProviderStated ? "stated by the provider" : null)
            : price.Match == PriceMatch.Free ? "free"
            : $"{price.Provider ?? "*"}/{price.ModelId}";
    }

    // The ledger is in memory, so nothing is waited for.
    private static T Completed<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
