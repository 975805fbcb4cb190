namespace MeaiBudget.Tests;

/// <summary>Attempts for tests: a model at one dollar per thousand input tokens and as much for output.</summary>
internal static class SpendRequests
{
    public const string Model = "dollar-a-thousand";

    public static PriceCatalog Catalog { get; } = PriceCatalog.Empty.With(Model, ModelPrice.PerThousandTokens(1m, 1m));

    /// <summary>An attempt that costs at most so many dollars.</summary>
    public static SpendRequest Of(decimal dollars, Guid? callId = null, int attempt = 1, IReadOnlyDictionary<string, string>? tags = null) => new()
    {
        CallId = callId ?? Guid.NewGuid(),
        Attempt = attempt,
        ModelId = Model,
        Estimate = new TokenEstimate((long)(dollars * 1000m), (long)(dollars * 1000m), TokenEstimateSource.Exact),
        OutputTokens = 0,
        Tags = tags,
    };

    /// <summary>A usage that costs so many dollars.</summary>
    public static SpendSettlement Used(decimal dollars, bool isUnconfirmed = false) => new()
    {
        Usage = new BillableUsage { InputTokens = (long)(dollars * 1000m) },
        IsUnconfirmed = isUnconfirmed,
        Outcome = AttemptOutcome.Answered,
    };
}
