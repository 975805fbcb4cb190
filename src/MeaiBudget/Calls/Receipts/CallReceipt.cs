using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>One call, whole: every attempt and what it cost. Immutable; holds no content and no secret.</summary>
public sealed record CallReceipt
{
    /// <summary>Gets the call's id.</summary>
    public required Guid CallId { get; init; }

    /// <summary>Gets the call in whose course this one was made, for tracing; <see langword="null"/> for none.</summary>
    public Guid? ParentCallId { get; init; }

    /// <summary>Gets the id of the run that the call was made in.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the model id or logical name that the caller asked for.</summary>
    public string? RequestedModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets when the call began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets a value indicating whether it was streamed.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>Gets every attempt, in order, skipped and refused candidates included.</summary>
    public required IReadOnlyList<AttemptReceipt> Attempts { get; init; }

    /// <summary>Gets the attempt that answered; <see langword="null"/> if none did.</summary>
    public AttemptReceipt? Answer => Attempts.LastOrDefault(attempt => attempt.Outcome == AttemptOutcome.Answered);

    /// <summary>Gets what the whole call cost, in US dollars: the sum over its attempts.</summary>
    public decimal Cost => Attempts.Sum(attempt => attempt.Cost.Amount);

    /// <summary>Gets the reason why the answer ended, where a budget ended it.</summary>
    public string? FinishReason { get; init; }

    /// <summary>Gets a value indicating whether another route than the primary answered.</summary>
    public bool WasSubstituted { get; init; }

    /// <summary>Tells the whole call for a person, a line for each attempt: who was asked, why not or how it ended, what was waited, reserved and paid.</summary>
    /// <returns>The text, with line feeds.</returns>
    public string Explain()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{(IsStreaming ? "Stream" : "Call")} for {RequestedModelId ?? "the default model"}: ");
        text.Append(Answer is { } answer ? $"answered by {answer.Route}" : "not answered");
        text.Append(CultureInfo.InvariantCulture, $", ${Cost}, {Duration.TotalSeconds:0.000} s");
        text.Append(FinishReason is null ? "" : $" ({FinishReason})").Append('\n');
        foreach (AttemptReceipt attempt in Attempts)
        {
            text.Append("  ").Append(attempt.Explain()).Append('\n');
        }

        return text.ToString();
    }
}
