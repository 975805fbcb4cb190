namespace MeaiBudget.Tool;

/// <summary>The expected result of one attempt.</summary>
internal sealed record DemoExpectation(string Route, AttemptOutcome Outcome, ChatFailureKind? Failure = null)
{
    public TimeSpan AtLeastWaited { get; init; }

    public override string ToString() => $"{Route}: {Failure?.ToString() ?? Outcome.ToString()}";
}
