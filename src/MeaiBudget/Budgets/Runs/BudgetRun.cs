namespace MeaiBudget;

/// <summary>A limit for all calls of one task together, for example an import, an agent's task or a job.</summary>
/// <remarks>
/// <para>
/// <code>using var run = BudgetRun.Begin("import-42", 0.50m);</code>
/// Every call that is made until the run is disposed counts against it, each attempt once, whichever pipelines it uses. The run is
/// passed on by the asynchronous flow. If that is lost, pass it with <see cref="MeaiBudgetChatOptionsExtensions.WithBudgetRun"/>.
/// </para>
/// <para>
/// Runs can be nested. The calls of an inner run reserve and spend from the inner and the outer run atomically; the inner run itself
/// reserves nothing from the outer one. Beginning and disposing a run does not access a ledger. A run that has ended refuses new
/// calls, and calls in progress still settle into it.
/// </para>
/// <para>Thread-safe. Calls may run in parallel.</para>
/// </remarks>
/// <example>
/// <code>
/// using var run = BudgetRun.Begin("import-42", limit: 0.50m);
/// IChatClient client = new ChatClientBuilder(openAi).UseBudget(tracker).Build();
/// await client.GetResponseAsync("Summarize the first document.");   // counts against the run, as every call in this asynchronous flow
/// Console.WriteLine($"{run.Spent} of {run.Limit} USD");
/// </code>
/// </example>
public sealed class BudgetRun : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _spentByModel = new(StringComparer.OrdinalIgnoreCase);
    private long _spent;
    private long _held;
    private long _calls;
    private readonly long _callsOutside = CallRun.CallsOutside;
    private int _living = 1;
    private bool _hasReserved;
    private bool _wasRefused;
    private bool _isEnded;

    private BudgetRun(string name, decimal? limit, CostTracker? tracker, BudgetRun? parent)
    {
        Name = WrittenText.Of(name);
        Id = Guid.NewGuid().ToString("N");
        Limit = limit;
        Parent = parent;
        Tracker = parent?.Tracker ?? tracker;
        Book = new BudgetBook(Budget.PerRun(limit, name), "@run");
        Ledger = parent?.Ledger ?? tracker?.Ledger ?? new InMemorySpendLedger(name: "run");
        RunGate = new BudgetRunGate(this);
        CallRun.Opened();
        for (BudgetRun? run = parent; run is not null; run = run.Parent)
        {
            Interlocked.Increment(ref run._living);
        }
    }

    /// <summary>Gets the innermost run of this flow that has not ended; <see langword="null"/> for none.</summary>
    public static BudgetRun? Current => (CallRun.Current as BudgetRunGate)?.Run;

    /// <summary>Gets the unique id of the run.</summary>
    public string Id { get; }

    /// <summary>Gets the name, for messages and receipts; it need not be unique.</summary>
    public string Name { get; }

    /// <summary>Gets the limit in US dollars; <see langword="null"/> if only the limits of the outer runs apply.</summary>
    public decimal? Limit { get; }

    /// <summary>Gets the outer run; <see langword="null"/> for none.</summary>
    public BudgetRun? Parent { get; }

    /// <summary>Gets a value indicating whether the run was disposed.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>
    /// Gets a value indicating whether a budget refused a call of the run, or one of its inner runs. Frameworks may lose the finish reason or
    /// the exception that says so, for example a workflow of agents.
    /// </summary>
    public bool WasRefused => Volatile.Read(ref _wasRefused);

    /// <summary>Gets the cost of the calls settled by this process, in US dollars, including inner runs.</summary>
    public decimal Spent => Interlocked.Read(ref _spent) / 1_000_000_000m;

    /// <summary>Gets the amount that calls in progress hold, in US dollars, including inner runs.</summary>
    public decimal Held => Interlocked.Read(ref _held) / 1_000_000_000m;

    /// <summary>Gets the number of settled attempts, including inner runs.</summary>
    public long SettledAttempts => Interlocked.Read(ref _calls);

    /// <summary>Gets the remaining amount in US dollars, limit minus spent and held, not below zero; <see langword="null"/> without a limit.</summary>
    public decimal? Remaining => Limit is { } limit ? Math.Max(0m, limit - Spent - Held) : null;

    /// <summary>Gets the tracker whose ledger stores the run; <see langword="null"/> if it is stored in memory.</summary>
    internal CostTracker? Tracker { get; }

    internal ISpendLedger Ledger { get; }

    internal BudgetBook Book { get; }

    /// <summary>Gets the gate for the run's attempts.</summary>
    internal ISpendGate Gate => RunGate;

    internal BudgetRunGate RunGate { get; }

    /// <summary>Begins a run, as an inner run of the current one if there is one.</summary>
    /// <param name="name">The name, for messages and receipts; it need not be unique.</param>
    /// <param name="limit">The limit in US dollars, zero or more; <see langword="null"/> for none.</param>
    /// <param name="tracker">The tracker whose prices and ledger the run uses. By default the run uses the prices of the pipeline and is stored in memory. An inner run always uses those of the outer run.</param>
    /// <returns>The run; dispose it to end it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static BudgetRun Begin(string name, decimal? limit = null, CostTracker? tracker = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var run = new BudgetRun(name, limit, tracker, Current);
        CallRun.Current = run.RunGate;
        return run;
    }

    /// <summary>Sets tags for all calls of the asynchronous flow, without beginning a run.</summary>
    /// <remarks>
    /// They override the tags in <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/>, so a value from the signed-in
    /// user cannot be replaced by what a request sets. An inner scope overrides the outer one. The tags apply from this call until the
    /// result is disposed, in this flow and those that it starts.
    /// </remarks>
    /// <param name="tags">The tags. With a value of <see langword="null"/> the calls do not have the tag, whatever their options say.</param>
    /// <param name="attribution">Tags from a less trusted source, for example W3C baggage: they are recorded and reported, but no budget is partitioned by them. <see langword="null"/> for none.</param>
    /// <returns>The scope; dispose it to end it.</returns>
    public static IDisposable UseTags(IEnumerable<KeyValuePair<string, string?>> tags, IEnumerable<KeyValuePair<string, string>>? attribution = null)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return CallTags.Begin(tags, attribution);
    }

    /// <summary>Gets the cost of the run's calls by model, in US dollars, including inner runs.</summary>
    /// <returns>A copy of the sums, by the requested model id.</returns>
    public IReadOnlyDictionary<string, decimal> GetSpentByModel()
    {
        lock (_lock)
        {
            return _spentByModel.ToDictionary(pair => pair.Key, pair => pair.Value / 1_000_000_000m, StringComparer.OrdinalIgnoreCase);
        }
    }

    /// <summary>Ends the run. It refuses new calls; calls in progress still settle into it.</summary>
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

        CallRun.Ended();
        if (!Volatile.Read(ref _hasReserved) && CallRun.CallsOutside - _callsOutside is > 0 and long missed && CallRun.LoggerOfCallsOutside is { } logger)
        {
            BudgetLog.RunSawNoCall(logger, WrittenText.Of(Name), missed);
        }

        // If this run was the current one, this makes the innermost run that has not ended current. Otherwise it changes nothing.
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

    internal void Refused()
    {
        for (BudgetRun? run = this; run is not null; run = run.Parent)
        {
            Volatile.Write(ref run._wasRefused, true);
        }
    }

    internal void Reserved(long nanoDollars)
    {
        for (BudgetRun? run = this; run is not null; run = run.Parent)
        {
            Volatile.Write(ref run._hasReserved, true);
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
