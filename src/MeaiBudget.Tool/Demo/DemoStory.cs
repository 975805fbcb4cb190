using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Builds a complete pipeline and runs the steps of the demo through it.</summary>
internal sealed class DemoStory
{
    private const string Team = "search";

    private readonly DemoStage _stage;
    private readonly CostTracker _tracker = new(Budget.Daily("everybody", 1.00m), Budget.Daily("team", 0.01m).PerTag("team"));
    private readonly List<CallReceipt> _receipts = [];

    public DemoStory(DemoStage stage) => _stage = stage;

    public async Task<DemoReport> PlayAsync(Action<DemoStepReport> shown, CancellationToken cancellationToken)
    {
        ChatRoute primary = _stage.Routes[0];
        IChatClient client = new ChatClientBuilder(primary.Client)
            .UseTokenEstimation()
            .UseBudget(_tracker)
            .UseRetry(new RetryOptions
            {
                MaxRetries = 2,
                BaseDelay = TimeSpan.FromMilliseconds(20),
                MaxDelay = TimeSpan.FromMilliseconds(100),
                RetryBudget = new RetryBudget(ratio: 1, minimum: 100),
            })
            .UseFallback(_stage.Routes.Skip(1), options => options.Primary = primary)
            .Build();

        var steps = new List<DemoStepReport>();
        foreach (DemoStep step in Steps())
        {
            DemoStepReport report = await PlayAsync(client, step, steps.Count + 1, cancellationToken);
            steps.Add(report);
            shown(report);
        }

        return await ReportAsync(steps, cancellationToken);
    }

    private async Task<DemoStepReport> PlayAsync(IChatClient client, DemoStep step, int number, CancellationToken cancellationToken)
    {
        step.Prepare(_stage);
        var options = new ChatOptions { MaxOutputTokens = step.MaxOutputTokens, AdditionalProperties = new() { ["team"] = Team } };
        using ReceiptCapture capture = CallReceipts.Capture();
        string? broken = null;
        try
        {
            if (step.IsStreaming)
            {
                await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(step.Prompt, options, cancellationToken))
                {
                    // The receipt is available at the end of the stream.
                }
            }
            else
            {
                await client.GetResponseAsync(step.Prompt, options, cancellationToken);
            }
        }
#pragma warning disable CA1031 // Every exception makes a step fail, and the demo continues.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            broken = exception.Message;
        }

        CallReceipt? receipt = capture.Receipts.Count > 0 ? capture.Receipts[^1] : null;
        _receipts.AddRange(capture.Receipts);
        return Describe(number, step, receipt, step.Deviation(receipt) ?? broken);
    }

    private IEnumerable<DemoStep> Steps()
    {
        ChatRoute primary = _stage.Routes[0];
        yield return new(
            "An answer", "What is the capital of Italy?", false, 1_000,
            stage => stage.Answer(primary, "Rome.", 14, 160),
            [Answered(primary)]);
        yield return new(
            "A stream", "Count from one to seven.", true, 1_000,
            stage => stage.Answer(primary, "One two three four five six seven.", 13, 240),
            [Answered(primary)]);
        yield return new(
            "A rate limit, waited out", "Name a river in France.", false, 1_000,
            stage =>
            {
                stage.Fail(primary, 429, times: 1, retryAfter: "1");
                stage.Answer(primary, "The Loire.", 13, 90);
            },
            [Failed(primary, ChatFailureKind.RateLimited), Answered(primary) with { AtLeastWaited = TimeSpan.FromSeconds(1) }]);

        if (_stage.Paid.Count > 1)
        {
            yield return new(
                "An outage, bridged by the alternate of the same class", "Who wrote Faust?", false, 1_000,
                stage =>
                {
                    stage.Fail(primary, 500, times: 3);
                    stage.Answer(stage.Paid[1], "Goethe.", 13, 220);
                },
                [.. ThreeTimes(primary, ChatFailureKind.ServerError), Answered(_stage.Paid[1])]);
        }

        if (_stage.Paid.Count > 2)
        {
            yield return new(
                "Two providers down, a stream from the third", "Name three lakes.", true, 1_000,
                stage =>
                {
                    stage.Fail(primary, 503, times: 3);
                    stage.Fail(stage.Paid[1], 503, times: 3);
                    stage.Answer(stage.Paid[2], "Como, Garda, Maggiore.", 11, 310);
                },
                [.. ThreeTimes(primary, ChatFailureKind.Overloaded), .. ThreeTimes(_stage.Paid[1], ChatFailureKind.Overloaded), Answered(_stage.Paid[2])]);
        }

        if (_stage.Local is { } local && _stage.Paid.Count > 0)
        {
            yield return new(
                "A budget that blocks every paid model: the local one answers", "Write a long report on lakes.", false, 32_000,
                stage => stage.Answer(local, "Lakes are wet.", 32, 850),
                [.. _stage.Paid.Select(route => new DemoExpectation(route.Name, AttemptOutcome.Refused, ChatFailureKind.Refused)), Answered(local)]);
        }
    }

    private async Task<DemoReport> ReportAsync(List<DemoStepReport> steps, CancellationToken cancellationToken)
    {
        AttemptReceipt[] attempts = [.. _receipts.SelectMany(receipt => receipt.Attempts)];
        long settled = attempts.Sum(attempt => attempt.Cost.NanoDollars);
        IReadOnlyList<BudgetStatus> budgets = await _tracker.GetStatusAsync(cancellationToken);
        DemoBudgetSpend[] spends = [.. budgets.Where(budget => budget.Key.Length > 0 || budget.Budget != "team").Select(budget => new DemoBudgetSpend(
            budget.Budget, budget.Key, budget.Limit, budget.Spent, budget.Held, budget.Remaining, budget.Spent * 1_000_000_000m == settled && budget.Held == 0m))];
        DemoModelSpend[] models = [.. attempts
            .Where(attempt => attempt.Outcome == AttemptOutcome.Answered || attempt.Cost.NanoDollars > 0)
            .GroupBy(attempt => attempt.ModelId ?? attempt.Route)
            .Select(group => new DemoModelSpend(
                group.Key,
                group.Count(),
                group.Sum(attempt => attempt.Usage.InputTokens),
                group.Sum(attempt => attempt.Usage.OutputTokens),
                group.Sum(attempt => attempt.Cost.Amount)))];
        return new DemoReport(
            _stage.Description, steps, models, spends, Money.FromNanoDollars(settled),
            AddsUp: spends.Length == _tracker.Budgets.Count && spends.All(spend => spend.EqualsReceipts) && models.Sum(model => model.Spent) == Money.FromNanoDollars(settled));
    }

    private static DemoStepReport Describe(int number, DemoStep step, CallReceipt? receipt, string? deviation)
    {
        IReadOnlyList<AttemptReceipt> attempts = receipt?.Attempts ?? [];
        TokenEstimate? estimate = attempts.Select(attempt => attempt.Estimate).FirstOrDefault(given => given is not null);
        AttemptReceipt? answer = receipt?.Answer;
        return new DemoStepReport(
            number,
            step.Name,
            step.IsStreaming,
            estimate?.InputTokens,
            estimate?.InputUpperBound,
            answer?.ReservedOutputTokens,
            answer?.Reserved ?? 0m,
            [.. attempts.Select(attempt => new DemoAttemptReport(
                attempt.Number,
                attempt.Route,
                attempt.ModelId,
                attempt.Outcome.ToString(),
                Why(attempt),
                attempt.Waited.TotalSeconds,
                attempt.Reserved,
                attempt.Cost.Amount,
                attempt.Cost.Kind.ToString()))],
            answer?.Route,
            answer?.ModelId,
            answer?.Usage.InputTokens ?? 0,
            answer?.Usage.OutputTokens ?? 0,
            receipt?.Cost ?? 0m,
            deviation);
    }

    private static string Why(AttemptReceipt attempt) => attempt.Refusal is { } refusal
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{attempt.Why()}: wanted ${refusal.Wanted}, spent ${refusal.Spent} of ${refusal.Limit}")
        : attempt.Why();

    private static DemoExpectation Answered(ChatRoute route) => new(route.Name, AttemptOutcome.Answered);

    private static DemoExpectation Failed(ChatRoute route, ChatFailureKind kind) => new(route.Name, AttemptOutcome.Failed, kind);

    private static IEnumerable<DemoExpectation> ThreeTimes(ChatRoute route, ChatFailureKind kind) => Enumerable.Repeat(Failed(route, kind), 3);
}
