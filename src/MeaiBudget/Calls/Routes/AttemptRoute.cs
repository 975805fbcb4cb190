using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Where an attempt goes: the client, what is known of it, its circuit and its slots. Thread-safe; one for each client.</summary>
internal sealed class AttemptRoute : IMeasurementSource
{
    private static readonly ConditionalWeakTable<IChatClient, AttemptRoute> Routes = [];

    private RouteModel? _model;

    public AttemptRoute(string name, IChatClient client, CircuitOptions? circuit = null, int? maxConcurrency = null)
    {
        Name = WrittenText.Of(name);
        Metadata = client.GetService<ChatClientMetadata>();
        Classifier = client.GetService<IChatFailureClassifier>();
        Normalizer = client.GetService<IUsageNormalizer>();
        Provider = client.GetService<ProviderChatClient>();
        Circuit = new Circuit(circuit ?? new CircuitOptions());
        Slots = maxConcurrency is { } slots ? new SemaphoreSlim(slots, slots) : null;
        MeaiBudgetDiagnostics.Observe(this);
    }

    public string Name { get; }

    public ChatClientMetadata? Metadata { get; }

    public IChatFailureClassifier? Classifier { get; }

    public IUsageNormalizer? Normalizer { get; }

    /// <summary>The factory's client, which knows what a logical model name stands for.</summary>
    public ProviderChatClient? Provider { get; }

    public Circuit Circuit { get; }

    public SemaphoreSlim? Slots { get; }

    /// <summary>The model that the route asks for where the request names none.</summary>
    public string? ModelId { get; init; }

    public string? ModelClass { get; init; }

    /// <summary>Whether the route was declared to cost nothing.</summary>
    public bool IsLocal { get; init; }

    /// <summary>True once a request of the route was seen by our HTTP handler: from then on, an attempt without a request sent nothing.</summary>
    public bool SeesWire { get; set; }

    /// <summary>Whether a warning was given already; each is given once a route.</summary>
    public OnceFlags Warned { get; } = new();

    /// <summary>What is known of a model behind this route; mostly the same as the last time.</summary>
    public RouteModel ModelFor(string? modelId, IChatClient client)
    {
        RouteModel? last = _model;
        return last is not null && last.Id == modelId && ReferenceEquals(last.Target.Client, client)
            ? last
            : _model = new RouteModel(modelId, WrittenText.Of(modelId), new TokenEstimationTarget(modelId, Metadata, client));
    }

    void IMeasurementSource.MeasureCircuits(ICollection<CircuitMeasurement> into) => into.Add(new(Name, Circuit.State switch
    {
        CircuitState.Closed => 0,
        CircuitState.HalfOpen => 1,
        _ => 2,
    }));

    /// <summary>Makes sure that a client that stands alone keeps one circuit, whoever calls it.</summary>
    public static AttemptRoute Of(IChatClient client) => Routes.GetValue(client, static c => new AttemptRoute(NameOf(c), c));

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
