using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>The answers that a simulated provider stores, by their ids. Thread-safe.</summary>
internal sealed class StoredAnswers(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, StoredAnswer> _answers = new(StringComparer.Ordinal);

    public StoredAnswer Add(WireAnswer answer, SimulatedResponse response, SimulatedUsage usage, SimulatedRequest start) =>
        _answers[answer.Id("resp_")] = new StoredAnswer(answer, response, usage, start, clock);

    public StoredAnswer? Find(string id) => _answers.GetValueOrDefault(id);

    public void Remove(string id) => _answers.TryRemove(id, out _);
}

/// <summary>An answer that a simulated provider stores. Thread-safe.</summary>
internal sealed class StoredAnswer(WireAnswer answer, SimulatedResponse response, SimulatedUsage usage, SimulatedRequest start, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private int _polls;
    private bool _isComplete = !answer.IsBackground;
    private bool _isCancelled;

    public WireAnswer Answer => answer;

    /// <summary>The tokens with which a request that continues the answer begins.</summary>
    public long Tokens => usage.InputTokens + usage.OutputTokens;

    /// <summary>Ends the answer now.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            if (!_isComplete && !_isCancelled)
            {
                _isComplete = true;
                start.Bills(response.Billed ?? usage);
            }
        }
    }

    public void Cancel()
    {
        lock (_lock)
        {
            if (!_isComplete && !_isCancelled)
            {
                _isCancelled = true;
                start.Bills(response.Billed ?? SimulatedUsage.None);
            }
        }
    }

    /// <summary>Returns the answer as it is now; it may be complete the next time.</summary>
    public JsonObject Poll(WireFormat format)
    {
        lock (_lock)
        {
            if (_isCancelled)
            {
                return format.StoredAnswer(answer, "cancelled", usage: null);
            }

            bool isOver = _isComplete
                || (++_polls > response.PollsInProgress && clock.GetUtcNow() - _startedAt >= response.Delay && response.Gates.All(gate => gate.IsCompleted));
            if (!isOver)
            {
                return format.StoredAnswer(answer, "in_progress", usage: null);
            }

            Complete();
            return response.BreakKind is SimulatedResponse.Break.Error or SimulatedResponse.Break.Fail && !start.IsStreaming
                ? format.StoredAnswer(answer, "failed", answer.Usage)
                : format.Answer(answer, start);
        }
    }
}
