namespace MeaiBudget;

/// <summary>A piece of work whose calls, together, may cost only so much: an import, an agent's task, a job.</summary>
/// <remarks>
/// <para>
/// <code>using var run = BudgetRun.Begin("import-42", 0.50m);</code>
/// Every call that is made until the run is disposed counts against it, on whatever path, once an attempt. It is carried by the
/// asynchronous flow; where that is lost, by <see cref="MeaiBudgetChatOptionsExtensions.WithBudgetRun"/>.
/// </para>
/// <para>
/// Runs nest. A run inside another holds nothing back from it: what its calls reserve and spend is also the outer run's,
/// atomically. Beginning and disposing ask no ledger. A run that has ended refuses calls, and what is still open settles into it.
/// </para>
/// <para>Thread-safe: any number of calls may run in parallel.</para>
/// </remarks>
public sealed class BudgetRun : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _spentByModel = new(StringComparer.OrdinalIgnoreCase);
    private long _spent;
    private long _held;
    private long _calls;
    private int _living = 1;
    private bool _isEnded;

    private BudgetRun(string name, decimal? limit, CostTracker? tracker, BudgetRun? parent)
    {
        Name = name;
        Id = Guid.NewGuid().ToString("N");
        Limit = limit;
        Parent = parent;
        Tracker = parent?.Tracker ?? tracker;
        Book = new BudgetBook(Budget.PerRun(limit, name), "@run");
        Ledger = parent?.Ledger ?? tracker?.Ledger ?? new InMemorySpendLedger(name: "run");
        RunGate = new BudgetRunGate(this);
        for (BudgetRun? run = parent; run is not null; run = run.Parent)
        {
            Interlocked.Increment(ref run._living);
        }
    }

    /// <summary>Gets the nearest run of this flow that has not ended; <see langword="null"/> outside any.</summary>
    public static BudgetRun? Current => (CallRun.Current as BudgetRunGate)?.Run;

    /// <summary>Gets the id: unique, never used again.</summary>
    public string Id { get; }

    /// <summary>Gets the name, for people.</summary>
    public string Name { get; }

    /// <summary>Gets the limit in US dollars; <see langword="null"/> for none but those of the runs around it.</summary>
    public decimal? Limit { get; }

    /// <summary>Gets the run around this one; <see langword="null"/> for none.</summary>
    public BudgetRun? Parent { get; }

    /// <summary>Gets a value indicating whether the run was disposed.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>Gets what the run's calls cost, in US dollars, those of runs inside it included, as far as this process has settled them.</summary>
    public decimal Spent => Interlocked.Read(ref _spent) / 1_000_000_000m;

    /// <summary>Gets what open calls hold, in US dollars, those of runs inside it included.</summary>
    public decimal Held => Interlocked.Read(ref _held) / 1_000_000_000m;

    /// <summary>Gets how many attempts were settled, those of runs inside it included.</summary>
    public long SettledAttempts => Interlocked.Read(ref _calls);

    /// <summary>Gets what is left of the limit, in US dollars, not below zero; <see langword="null"/> without one.</summary>
    public decimal? Remaining => Limit is { } limit ? Math.Max(0m, limit - Spent - Held) : null;

    /// <summary>Gets the tracker in whose ledger the run is kept; <see langword="null"/> for the memory of this process.</summary>
    internal CostTracker? Tracker { get; }

    internal ISpendLedger Ledger { get; }

    internal BudgetBook Book { get; }

    /// <summary>Gets the gate that the run's attempts pass.</summary>
    internal ISpendGate Gate => RunGate;

    internal BudgetRunGate RunGate { get; }

    /// <summary>Begins a run, in the one that is current if there is one.</summary>
    /// <param name="name">The name, for people; it need not be unique.</param>
    /// <param name="limit">The limit in US dollars, zero or more; <see langword="null"/> for none.</param>
    /// <param name="tracker">The tracker whose prices and ledger the run uses; by default the prices of the pipeline and the memory of this process. A run inside another uses that one's.</param>
    /// <returns>The run; dispose it to end it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static BudgetRun Begin(string name, decimal? limit = null, CostTracker? tracker = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var run = new BudgetRun(name, limit, tracker, Current);
        CallRun.Current = run.RunGate;
        return run;
    }

    /// <summary>Gets what the run's calls cost by model, in US dollars, those of runs inside it included.</summary>
    /// <returns>A copy of the sums, by the id of the model that was asked.</returns>
    public IReadOnlyDictionary<string, decimal> GetSpentByModel()
    {
        lock (_lock)
        {
            return _spentByModel.ToDictionary(pair => pair.Key, pair => pair.Value / 1_000_000_000m, StringComparer.OrdinalIgnoreCase);
        }
    }

    /// <summary>Ends the run: it admits nothing more, and what is open still settles into it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isEnded)
            {
                return;
            }

            Volatile.Write(ref _isEnded, true);
        }

        // Where this run was the current one the nearest that has not ended takes its place; elsewhere this changes nothing.
        CallRun.Current = CallRun.Current;
        for (BudgetRun? run = this; run is not null; run = run.Parent)
        {
            if (Interlocked.Decrement(ref run._living) == 0 && run.Ledger is InMemorySpendLedger memory)
            {
                memory.Forget(run.Book.Account(BudgetUnit.Dollars, run.Id));
                memory.Forget(run.Book.Account(BudgetUnit.Tokens, run.Id));
                memory.Forget(run.Book.Account(BudgetUnit.UnpricedTokens, run.Id));
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"run '{Name}' ({Id})";

    internal void Reserved(long nanoDollars)
    {
        for (BudgetRun? run = this; run is not null; run = run.Parent)
        {
            Interlocked.Add(ref run._held, nanoDollars);
        }
    }

    internal void Settled(string modelId, long spent, bool isFirst)
    {
        for (BudgetRun? run = this; run is not null; run = run.Parent)
        {
            Interlocked.Add(ref run._spent, spent);
            if (isFirst)
            {
                Interlocked.Increment(ref run._calls);
            }

            lock (run._lock)
            {
                run._spentByModel[modelId] = run._spentByModel.GetValueOrDefault(modelId) + spent;
            }
        }
    }
}
