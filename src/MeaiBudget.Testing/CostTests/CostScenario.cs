using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>A piece of an application whose cost is tested: code that calls models, and the client that answers it.</summary>
/// <remarks>
/// The client can be a <see cref="ScriptedChatClient"/>, a client of a <see cref="ProviderSimulator"/>, or a client on a <see cref="ChatRecording"/>.
/// A double that counts words instead of tokens, because the test set no usage, is priced by the tokens of the model's tokenizer.
/// Thread-safe if the code is; runs are independent of each other.
/// </remarks>
public sealed class CostScenario
{
    private readonly Func<CostMeter, CancellationToken, Task> _run;

    /// <summary>Creates a scenario whose code uses one client.</summary>
    /// <param name="name">The name, for messages and snapshots; unique within a snapshot.</param>
    /// <param name="model">Creates the provider's client, at the start of each run. The scenario disposes it after the run.</param>
    /// <param name="run">The code. It receives the measured client and builds its own pipeline on top of it.</param>
    public CostScenario(string name, Func<IChatClient> model, Func<IChatClient, Task> run)
        : this(name, async (meter, _) =>
        {
            using IChatClient client = meter.Measure(model());
            await run(client);
        })
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
    }

    /// <summary>Creates a scenario whose code uses one client, which is shared by all runs.</summary>
    /// <param name="name">The name, for messages and snapshots; unique within a snapshot.</param>
    /// <param name="model">The provider's client. The caller disposes it.</param>
    /// <param name="run">The code. It receives the measured client and builds its own pipeline on top of it.</param>
    public CostScenario(string name, IChatClient model, Func<IChatClient, Task> run)
        : this(name, (meter, _) => run(meter.Measure(model)))
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
    }

    /// <summary>Creates a scenario whose code measures any number of clients, or has pipelines of its own.</summary>
    /// <remarks>
    /// Requests of pipelines with layers of this library are measured even if their clients are not, from their receipts. Their tokens are then
    /// divided as <see cref="TokenBreakdown"/> divides them: all texts count as history, and tool calls as results.
    /// </remarks>
    /// <param name="name">The name, for messages and snapshots; unique within a snapshot.</param>
    /// <param name="run">The code. It receives a meter for its clients.</param>
    public CostScenario(string name, Func<CostMeter, CancellationToken, Task> run)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(run);
        Name = name;
        _run = run;
    }

    /// <summary>Gets the name.</summary>
    public string Name { get; }

    /// <summary>Gets the prices. They are read at noon UTC of the catalog's day, so that a cost does not change with the time of the test.</summary>
    /// <value>The default is <see cref="PriceCatalog.Default"/>.</value>
    public PriceCatalog Prices { get; init; } = PriceCatalog.Default;

    /// <summary>Gets a value indicating whether tokens are counted with the model's tokenizer instead of taken from the reported usage.</summary>
    /// <value>The default is <see langword="false"/>. Set it for doubles of your own whose usage is made up.</value>
    public bool CountsTokens { get; init; }

    /// <summary>Runs the code once, and measures it.</summary>
    /// <param name="cancellationToken">Cancels the run.</param>
    /// <returns>The cost of the run.</returns>
    /// <exception cref="InvalidOperationException">The code sent no request that could be measured.</exception>
    public async Task<CostReport> RunAsync(CancellationToken cancellationToken = default)
    {
        var prices = ScenarioPrices.Of(Prices);
        var meter = new CostMeter(prices.Catalog, CountsTokens);
        using (ReceiptCapture receipts = CallReceipts.Capture())
        {
            await _run(meter, cancellationToken);
            meter.AddUnmeasured(receipts.Receipts);
        }

        IReadOnlyList<MeasuredRequest> requests = meter.Requests;
        return requests.Count > 0 ? CostReport.Of(Name, requests, prices) : throw new InvalidOperationException(
            $"The scenario '{Name}' sent no request that could be measured. Use the measured client that the scenario's code receives instead of the provider's client.");
    }

    /// <summary>Runs the code several times, one run after another.</summary>
    /// <param name="runs">The number of runs, at least 1.</param>
    /// <param name="cancellationToken">Cancels the runs.</param>
    /// <returns>The cost of each run, for <see cref="CostReport.Percentile"/>.</returns>
    public async Task<IReadOnlyList<CostReport>> RunAsync(int runs, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        var reports = new CostReport[runs];
        for (int run = 0; run < runs; run++)
        {
            reports[run] = await RunAsync(cancellationToken);
        }

        return reports;
    }
}
