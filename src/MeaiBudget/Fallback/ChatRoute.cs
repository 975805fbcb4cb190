using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One way to have a request answered: a client and what is known of it. Thread-safe; share one object between the pipelines that use the route, so that they share its circuit and slots.</summary>
public sealed class ChatRoute
{
    private const int DefaultLocalConcurrency = 4;
    private readonly Lazy<AttemptRoute> _attempts;

    /// <summary>Makes a route.</summary>
    /// <param name="name">The name, for receipts, logs and metrics.</param>
    /// <param name="client">The client; its own layers, if it has any, apply to this route alone.</param>
    public ChatRoute(string name, IChatClient client)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(client);
        Name = name;
        Client = client;
        _attempts = new(MakeAttempts);
    }

    /// <summary>Gets the name.</summary>
    public string Name { get; }

    /// <summary>Gets the client.</summary>
    public IChatClient Client { get; }

    /// <summary>Gets the provider's model id; <see langword="null"/> for the client's own default.</summary>
    public string? ModelId { get; init; }

    /// <summary>Gets the provider's model id for each logical name, for example <c>smart</c>.</summary>
    public IReadOnlyDictionary<string, string> ModelMap { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Gets the class of the model: routes of the primary's class come first, those of another are not asked; <see langword="null"/> for none.</summary>
    public string? ModelClass { get; init; }

    /// <summary>Gets a value indicating whether the route runs on a machine of one's own: it costs nothing and comes last.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Gets the tags that a request can require, for example <c>eu</c>.</summary>
    public IReadOnlyCollection<string> Tags { get; init; } = [];

    /// <summary>Gets the context window in tokens; <see langword="null"/> if it is not known.</summary>
    public long? ContextWindow
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(ContextWindow));
            field = value;
        }
    }

    /// <summary>Gets the most output tokens that the model takes; a request for more is lowered to it. <see langword="null"/> if it is not known.</summary>
    public int? MaxOutputTokens
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(MaxOutputTokens));
            field = value;
        }
    }

    /// <summary>Gets what the route can take. Default: everything.</summary>
    public ChatCapabilities Capabilities { get; init; } = ChatCapabilities.All;

    /// <summary>Gets a value indicating whether the model rejects a temperature, which is then left out.</summary>
    public bool RejectsTemperature { get; init; }

    /// <summary>Gets the most attempts at a time; <see langword="null"/> for no limit, which for a local route means 4.</summary>
    public int? MaxConcurrency
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(MaxConcurrency));
            field = value;
        }
    }

    /// <summary>Gets a value indicating whether the route answers when the ones before it failed. Default: true.</summary>
    public bool WhenFailed { get; init; } = true;

    /// <summary>Gets a value indicating whether the route answers when budgets refused the ones before it. Default: true.</summary>
    public bool WhenOverBudget { get; init; } = true;

    /// <summary>Gets when the route's circuit opens. Holds a copy of what was set and returns a copy of that.</summary>
    public CircuitOptions Circuit
    {
        get => field.Copy();
        init => field = (value ?? throw new ArgumentNullException(nameof(Circuit))).Validated();
    } = new();

    /// <summary>Gets a value indicating whether the route is left alone after repeated failures, or is being tried again.</summary>
    public bool IsCircuitOpen => CircuitState != CircuitState.Closed;

    /// <summary>The state of the route's circuit.</summary>
    internal CircuitState CircuitState => Attempts.Circuit.State;

    /// <summary>The context window as far as anybody knows it: as stated, else as the client or the price catalog says.</summary>
    internal long? KnownWindow => new PipelineRules.WindowedRoute(Name, Client, ModelId, ContextWindow).KnownWindow();

    internal AttemptRoute Attempts => _attempts.Value;

    /// <summary>The model id to send for what the caller asked for.</summary>
    internal string? ModelIdFor(string? requested, bool isPrimary) =>
        requested is not null && ModelMap.TryGetValue(requested, out string? mapped) ? mapped
        : isPrimary ? requested ?? ModelId
        : ModelId;

    private AttemptRoute MakeAttempts() => new(Name, Client, Circuit, MaxConcurrency ?? (IsLocal ? DefaultLocalConcurrency : null))
    {
        ModelId = ModelId,
        ModelClass = ModelClass,
        IsLocal = IsLocal,
    };
}
