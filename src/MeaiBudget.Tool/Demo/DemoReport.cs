namespace MeaiBudget.Tool;

/// <summary>The demo as data. Amounts are US dollars.</summary>
internal sealed record DemoReport(
    string Stage,
    IReadOnlyList<DemoStepReport> Steps,
    IReadOnlyList<DemoModelSpend> SpendByModel,
    IReadOnlyList<DemoBudgetSpend> Budgets,
    decimal Settled,
    bool AddsUp)
{
    public bool Succeeded => AddsUp && Steps.All(step => step.WentAsTold);
}

/// <summary>Estimate, reservation, attempts and cost of one step's call.</summary>
internal sealed record DemoStepReport(
    int Number,
    string Name,
    bool IsStreaming,
    long? EstimatedInputTokens,
    long? InputUpperBound,
    long? ReservedOutputTokens,
    decimal Reserved,
    IReadOnlyList<DemoAttemptReport> Attempts,
    string? AnsweredBy,
    string? AnsweredModel,
    long InputTokens,
    long OutputTokens,
    decimal Settled,
    string? Deviation)
{
    public bool WentAsTold => Deviation is null;
}

/// <summary>One attempt: its route, the wait before it, and its result.</summary>
internal sealed record DemoAttemptReport(
    int Number, string Route, string? Model, string Outcome, string Why, double WaitedSeconds, decimal Reserved, decimal Settled, string CostKind);

/// <summary>The cost of one model.</summary>
internal sealed record DemoModelSpend(string Model, int Answers, long InputTokens, long OutputTokens, decimal Spent);

/// <summary>The final state of a budget.</summary>
internal sealed record DemoBudgetSpend(string Budget, string Key, decimal? Limit, decimal Spent, decimal Held, decimal? Remaining, bool EqualsReceipts);
