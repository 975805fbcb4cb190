using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The destination of attempts: metadata and services of a client, its circuit and its concurrency slots. Thread-safe.</summary>
internal sealed class AttemptRoute : IMeasurementSource
{
    private static readonly ConditionalWeakTable<IChatClient, AttemptRoute> Routes = [];

    private readonly IWireObserver? _observer;
    private RouteModel? _model;
    private int _running;

    public AttemptRoute(string name, IChatClient client, CircuitOptions? circuit = null, int? maxConcurrency = null)
    {
        Name = WrittenText.Of(name);
        Metadata = client.GetService<ChatClientMetadata>();
        Classifier = client.GetService<IChatFailureClassifier>();
        Normalizer = client.GetService<IUsageNormalizer>();
        Provider = client.GetService<ProviderChatClient>();
        _observer = Provider is null ? client.GetService<IWireObserver>() : null;
        Circuit = new Circuit(circuit ?? new CircuitOptions());
        Slots = maxConcurrency is { } slots ? new SemaphoreSlim(slots, slots) : null;
        MeaiBudgetDiagnostics.Observe(this);
    }

    public string Name { get; }

    public ChatClientMetadata? Metadata { get; }

    public IChatFailureClassifier? Classifier { get; }

    public IUsageNormalizer? Normalizer { get; }

    /// <summary>The provider client of a factory, which resolves logical model names.</summary>
    public ProviderChatClient? Provider { get; }

    public Circuit Circuit { get; }

    public SemaphoreSlim? Slots { get; }

    /// <summary>The number of attempts that have entered and not ended.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The model that is requested if the request has none.</summary>
    public string? ModelId { get; init; }

    public string? ModelClass { get; init; }

    /// <summary>True if the route was declared to cost nothing.</summary>
    public bool IsLocal { get; init; }

    /// <summary>True after this library's HTTP handler saw a request of the route. From then on, an attempt without a seen request sent nothing.</summary>
    public bool SeesWire { get; set; }

    /// <summary>True after an answer came without a request that this library's HTTP handler saw. The handler then counts as missing.</summary>
    public bool MissesWire { get; set; }

    /// <summary>True if this library's HTTP handler is certain to see every request of the route. Having seen one request does not prove it.</summary>
    public bool IsCertainToSeeWire => !MissesWire && (Provider?.SeesWire ?? _observer?.SeesWire) == true;

    /// <summary>False for Semantic Kernel's adapters, which pass on neither finish reason nor usage of a stream.</summary>
    public bool ReportsStreamEnd => Metadata?.ProviderName?.EndsWith("ChatCompletionService", StringComparison.Ordinal) != true;

    /// <summary>The warnings that were logged already; each is logged once per route.</summary>
    public OnceFlags Warned { get; } = new();

    /// <summary>Returns the model behind a deployment; the id itself if the client knows none.</summary>
    public string? KnownModelOf(string? modelId) => Provider is { } provider ? provider.KnownModelOf(modelId) : modelId;

    /// <summary>Returns the data of a model behind this route. The last result is cached.</summary>
    public RouteModel ModelFor(string? modelId, IChatClient client)
    {
        RouteModel? last = _model;
        return last is not null && last.Id == modelId && ReferenceEquals(last.Target.Client, client)
            ? last
            : _model = new RouteModel(modelId, WrittenText.Of(modelId), new TokenEstimationTarget(modelId, Metadata, client));
    }

    /// <summary>Counts an attempt that enters (1) or ends (-1).</summary>
    public void Count(int change) => Interlocked.Add(ref _running, change);

    void IMeasurementSource.MeasureCircuits(ICollection<CircuitMeasurement> into) => into.Add(new(Name, Circuit.State switch
    {
        CircuitState.Closed => 0,
        CircuitState.HalfOpen => 1,
        _ => 2,
    }));

    /// <summary>Returns the route of a client without a fallback. All pipelines over the same client share its circuit.</summary>
    /// <param name="client">The client.</param>
    /// <param name="circuit">The options of the circuit if it does not exist yet; null for the defaults.</param>
    public static AttemptRoute Of(IChatClient client, CircuitOptions? circuit) =>
        Routes.TryGetValue(client, out AttemptRoute? known) ? known : Add(client, circuit);

    // A method of its own, so that Of allocates no closure.
    private static AttemptRoute Add(IChatClient client, CircuitOptions? circuit) => Routes.GetValue(client, c => new AttemptRoute(NameOf(c), c, circuit));

    public static string NameOf(IChatClient client)
    {
        ChatClientMetadata? metadata = client.GetService<ChatClientMetadata>();
        return WrittenText.Of(metadata switch
        {
            { ProviderName: { Length: > 0 } provider, DefaultModelId: { Length: > 0 } model } => $"{provider}/{model}",
            { ProviderName: { Length: > 0 } provider } => provider,
            _ => client.GetType().Name,
        });
    }
}
