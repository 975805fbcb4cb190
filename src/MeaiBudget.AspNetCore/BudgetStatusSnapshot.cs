using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>The data of the endpoint, for JSON and for the page.</summary>
internal sealed record BudgetStatusSnapshot(
    string Title, DateTimeOffset At, IReadOnlyList<BudgetView> Budgets, IReadOnlyList<ModelSpend> Models, IReadOnlyList<string> OpenCircuits,
    IReadOnlyList<CallView> Calls, string? Problem);

/// <summary>One budget with one partition key.</summary>
internal sealed record BudgetView(
    string Budget, string Key, string Enforcement, decimal? Limit, decimal Granted, decimal Spent, decimal Held, decimal? Remaining, decimal Unconfirmed,
    decimal Overrun, DateTimeOffset? ResetsAt, long? Tokens, long? TokenLimit, long? Requests, long? RequestLimit)
{
    public static BudgetView Of(BudgetStatus status) => new(
        status.Budget, status.Key, status.Enforcement.ToString(), status.Limit, status.Granted, status.Spent, status.Held, status.Remaining, status.Unconfirmed,
        status.Overrun, status.ResetsAt, status.Tokens, status.TokenLimit, status.Requests, status.RequestLimit);
}

/// <summary>One recent call.</summary>
internal sealed record CallView(
    Guid CallId, DateTimeOffset At, string Outcome, string? Route, string? Model, decimal Cost, string CostKind, long InputTokens, long OutputTokens, double DurationMs,
    int Attempts, bool IsStreaming)
{
    public static CallView Of(CallReceipt receipt)
    {
        AttemptReceipt? last = receipt.Answer ?? (receipt.Attempts.Count > 0 ? receipt.Attempts[^1] : null);
        string outcome = last is null ? "None" : last.Outcome == AttemptOutcome.Failed ? last.Failure?.Kind.ToString() ?? "Failed" : last.Outcome.ToString();
        return new CallView(
            receipt.CallId, receipt.StartedAt, outcome, last?.Route, last?.ResponseModelId ?? last?.ModelId ?? receipt.RequestedModelId, receipt.Cost,
            (last?.Cost.Kind ?? MeaiBudget.CostKind.Unknown).ToString(), last?.Usage.InputTokens ?? 0, last?.Usage.OutputTokens ?? 0,
            Math.Round(receipt.Duration.TotalMilliseconds, 1), receipt.Attempts.Count, receipt.IsStreaming);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BudgetStatusSnapshot))]
internal sealed partial class BudgetStatusJson : JsonSerializerContext;
