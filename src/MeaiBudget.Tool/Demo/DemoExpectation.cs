namespace MeaiBudget.Tool;

/// <summary>How one attempt must end.</summary>
internal sealed record DemoExpectation(string Route, AttemptOutcome Outcome, ChatFailureKind? Failure = null)
{
    public TimeSpan AtLeastWaited { get; init; }

    public override string ToString() => $"{Route}: {Failure?.ToString() ?? Outcome.ToString()}";
}
