using System.Globalization;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>The result of a question.</summary>
/// <param name="ExitCode">The exit code of the command if this was its only question.</param>
/// <param name="Complaint">Why there is no complete answer; null if there is one.</param>
internal sealed record ChatOutcome(int ExitCode, string? Complaint = null);

/// <summary>A conversation with its messages, its cost and its limit.</summary>
internal sealed class ChatSession : IDisposable
{
    private readonly ChatPipeline _pipeline;
    private readonly ChatInterrupt _interrupt;
    private readonly List<ChatMessage> _messages = [];
    private readonly List<CallReceipt> _receipts = [];
    private readonly string? _instructions;

    public ChatSession(ChatPipeline pipeline, ChatRequest request, ChatInterrupt interrupt)
    {
        _pipeline = pipeline;
        _interrupt = interrupt;
        _instructions = request.Instructions;
        Model = request.Model;
        Run = BudgetRun.Begin("chat", request.Budget);
    }

    /// <summary>The requested model; null for the default.</summary>
    public string? Model { get; set; }

    /// <summary>The run with the limit of the whole chat.</summary>
    public BudgetRun Run { get; }

    public IReadOnlyList<CallReceipt> Receipts => _receipts;

    /// <summary>Removes the messages. The cost so far stays.</summary>
    public void Clear() => _messages.Clear();

    /// <summary>Sends a question and shows the answer while it arrives.</summary>
    public async Task<ChatOutcome> AskAsync(string text, ChatView view, CancellationToken cancellationToken)
    {
        var question = new ChatMessage(ChatRole.User, text);
        _messages.Add(question);
        ChatOptions options = new ChatOptions { ModelId = Model, Instructions = _instructions }.WithBudgetRun(Run);
        var updates = new List<ChatResponseUpdate>();
        using ReceiptCapture capture = CallReceipts.Capture();
        using ChatInterrupt.Answer answer = _interrupt.Begin(cancellationToken);
        ChatOutcome outcome;
        try
        {
            await foreach (ChatResponseUpdate update in _pipeline.Client.GetStreamingResponseAsync(_messages, options, answer.Token))
            {
                updates.Add(update);
                view.Write(update.Text);
            }

            outcome = new ChatOutcome(0);
        }
        catch (OperationCanceledException) when (answer.Token.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            outcome = new ChatOutcome(130, "Interrupted.");
        }
        catch (BudgetExceededException exception)
        {
            outcome = new ChatOutcome(3, Describe(exception));
        }
#pragma warning disable CA1031 // The chat continues after every exception of a provider.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            outcome = new ChatOutcome(1, $"No answer: {SecretRedactor.Default.Redact(exception.Message)}");
        }

        view.EndLine();
        _receipts.AddRange(capture.Receipts);
        Remember(question, updates);
        return outcome;
    }

    /// <summary>Describes the cost of the last answer and the state of the budgets in one line.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        var parts = new List<string>();
        if (_receipts is [.., { } last])
        {
            parts.Add(last.Answer is { } answer
                ? string.Create(CultureInfo.InvariantCulture,
                    $"{answer.Route}{(last.WasSubstituted ? " instead" : "")} ({answer.ModelId}): {answer.Usage.InputTokens} in, {answer.Usage.OutputTokens} out, {(answer.Cost.Kind == CostKind.Unknown ? "price unknown" : ChatView.Money(last.Cost))}")
                : $"no answer, {ChatView.Money(last.Cost)}");
        }

        parts.Add($"chat {Of(Run.Spent, Run.Limit)}");
        foreach (BudgetStatus status in await _pipeline.Tracker.GetStatusAsync(cancellationToken))
        {
            if (status.Limit is not null)
            {
                parts.Add($"{status.Budget}{(status.Key.Length == 0 ? "" : $" '{status.Key}'")} {Of(status.Spent, status.Limit)}");
            }
        }

        return string.Join(" | ", parts);

        static string Of(decimal spent, decimal? limit) => limit is { } most ? $"{ChatView.Money(spent)} of {ChatView.Money(most)}" : ChatView.Money(spent);
    }

    public void Dispose() => Run.Dispose();

    /// <summary>Describes a refusal. The chat's own budget has no name that the user knows.</summary>
    private string Describe(BudgetExceededException exception) => exception.Refusal is { Reason: RefusalReason.Spent } refusal && refusal.Key == Run.Id
        ? $"This chat may cost {ChatView.Money(Run.Limit ?? 0m)} and has cost {ChatView.Money(Run.Spent)}; the next answer could cost {ChatView.Money(refusal.Wanted)}."
        : exception.Message;

    /// <summary>Adds question and answer to the conversation. A question without any answer is not added.</summary>
    private void Remember(ChatMessage question, List<ChatResponseUpdate> updates)
    {
        if (updates.Any(update => update.Text.Length > 0))
        {
            _messages.AddMessages(updates);
        }
        else
        {
            _messages.Remove(question);
        }
    }
}
