using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>The receipt of one call: all attempts and their costs. Immutable. It has no message content and no secrets.</summary>
/// <example>
/// <code>
/// IChatClient client = new ChatClientBuilder(openAi).UseBudget(tracker).UseRetry().UseFallback(anthropic).Build();
/// ChatResponse response = await client.GetResponseAsync("What is the capital of Italy?");
/// if (response.TryGetReceipt(out CallReceipt? receipt))
/// {
///     Console.WriteLine($"{receipt.Answer?.Route}: {receipt.Cost} USD");
///     Console.WriteLine(receipt.Explain());
/// }
/// </code>
/// </example>
public sealed record CallReceipt
{
    /// <summary>Gets the call's id.</summary>
    public required Guid CallId { get; init; }

    /// <summary>Gets the id of the call during which this call was made, for tracing; <see langword="null"/> for none.</summary>
    public Guid? ParentCallId { get; init; }

    /// <summary>Gets the id of the call's run; <see langword="null"/> for none.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the requested model id or logical name; <see langword="null"/> for the client's default.</summary>
    public string? RequestedModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the start time of the call.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets the duration of the call.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets a value indicating whether the call was streamed.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>Gets all attempts in order, including skipped and refused candidates.</summary>
    public required IReadOnlyList<AttemptReceipt> Attempts { get; init; }

    /// <summary>Gets the attempt that answered; <see langword="null"/> if none did.</summary>
    public AttemptReceipt? Answer => Attempts.LastOrDefault(attempt => attempt.Outcome == AttemptOutcome.Answered);

    /// <summary>Gets the cost of the call in US dollars, the sum of its attempts.</summary>
    public decimal Cost => Attempts.Sum(attempt => attempt.Cost.Amount);

    /// <summary>Gets the finish reason if a budget ended the answer, see <see cref="MeaiBudgetFinishReasons"/>; otherwise <see langword="null"/>.</summary>
    public string? FinishReason { get; init; }

    /// <summary>Gets a value indicating whether a route other than the primary answered.</summary>
    public bool WasSubstituted { get; init; }

    /// <summary>Returns a readable description of the call, with a line for each attempt: route, outcome, wait, reserved amount, usage and cost.</summary>
    /// <returns>The text; lines end with a line feed.</returns>
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
