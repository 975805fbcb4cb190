namespace MeaiBudget;

/// <summary>
/// Records the data of the status page besides budgets: the last calls, spend by model since midnight UTC, and routes with an open
/// circuit. Stores numbers and names, no message content.
/// </summary>
/// <remarks>Thread-safe. Registered by <c>AddBudgetStatus</c>. All layers built with the service provider report to it.</remarks>
internal sealed class RecentCalls(TimeProvider timeProvider) : ICallObserver
{
    private const int MostCalls = 50;
    private const int MostReceipts = 1_000;
    private const int MostModels = 200;
    private static readonly TimeSpan CircuitMemory = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<CallReceipt> _calls = new();
    private readonly Dictionary<string, ModelSpend> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _openCircuits = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, CallReceipt> _receipts = [];
    private DateOnly _day;
    private long _retries;

    /// <summary>Gets how many attempts were repeated since midnight UTC.</summary>
    public long Retries
    {
        get
        {
            lock (_lock)
            {
                StartDay(timeProvider.GetUtcNow());
                return _retries;
            }
        }
    }

    /// <summary>Finds the receipt of one of the last calls; <see langword="null"/> if it is not known any more.</summary>
    public CallReceipt? Find(Guid callId)
    {
        lock (_lock)
        {
            return _receipts.GetValueOrDefault(callId);
        }
    }

    /// <summary>Returns the receipts of the last calls, the newest first.</summary>
    public IReadOnlyList<CallReceipt> Receipts()
    {
        lock (_lock)
        {
            return [.. _calls.Reverse()];
        }
    }

    public void OnRetry(AttemptReceipt failed, TimeSpan delay)
    {
        lock (_lock)
        {
            StartDay(timeProvider.GetUtcNow());
            _retries++;
        }
    }

    public void OnAttempt(AttemptReceipt attempt)
    {
        lock (_lock)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            StartDay(now);
            if (attempt.Outcome == AttemptOutcome.CircuitOpen)
            {
                if (_openCircuits.Count < MostModels || _openCircuits.ContainsKey(attempt.Route))
                {
                    _openCircuits[attempt.Route] = now;
                }
            }
            else if (attempt.Outcome == AttemptOutcome.Answered)
            {
                _openCircuits.Remove(attempt.Route);
            }

            if (attempt.Cost.NanoDollars == 0 && attempt.Outcome != AttemptOutcome.Answered)
            {
                return;
            }

            string model = attempt.ModelId ?? attempt.ResponseModelId ?? "(not named)";
            if (_models.Count >= MostModels && !_models.ContainsKey(model))
            {
                model = "(others)";
            }

            ModelSpend before = _models.GetValueOrDefault(model) ?? new ModelSpend(model, 0m, 0, 0, 0);
            _models[model] = before with
            {
                Cost = before.Cost + attempt.Cost.Amount,
                Attempts = before.Attempts + 1,
                InputTokens = before.InputTokens + attempt.Usage.InputTokens,
                OutputTokens = before.OutputTokens + attempt.Usage.OutputTokens,
            };
        }
    }

    public void OnCall(CallReceipt receipt)
    {
        lock (_lock)
        {
            _calls.Enqueue(receipt);
            _receipts[receipt.CallId] = receipt;
            if (_calls.Count > MostReceipts)
            {
                _receipts.Remove(_calls.Dequeue().CallId);
            }
        }
    }

    public (IReadOnlyList<CallReceipt> Calls, IReadOnlyList<ModelSpend> Models, IReadOnlyList<string> OpenCircuits) Snapshot()
    {
        lock (_lock)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            StartDay(now);
            return (
                [.. _calls.Reverse().Take(MostCalls)],
                [.. _models.Values.OrderByDescending(static model => model.Cost).ThenBy(static model => model.Model, StringComparer.Ordinal)],
                [.. _openCircuits.Where(circuit => now - circuit.Value < CircuitMemory).Select(static circuit => circuit.Key).Order(StringComparer.Ordinal)]);
        }
    }

    private void StartDay(DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        if (day != _day)
        {
            _day = day;
            _models.Clear();
            _retries = 0;
        }
    }
}

/// <summary>Cost of one model since midnight UTC.</summary>
internal sealed record ModelSpend(string Model, decimal Cost, int Attempts, long InputTokens, long OutputTokens);
