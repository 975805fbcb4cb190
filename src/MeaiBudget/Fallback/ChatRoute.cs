using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// A chat client with a name, its model and its limits, which a fallback can choose. Thread-safe. Use one object in all pipelines
/// that share the route, so that they share its circuit and its concurrency limit.
/// </summary>
/// <example>
/// <code>
/// IChatClient client = new ChatClientBuilder(openAi)
///     .UseBudget(tracker)
///     .UseFallback(
///     [
///         new ChatRoute("anthropic", anthropic) { ContextWindow = 200_000 },
///         new ChatRoute("home", ollama) { IsLocal = true, ContextWindow = 8_192 },   // costs nothing, tried last
///     ])
///     .Build();
/// </code>
/// </example>
public sealed class ChatRoute
{
    private const int DefaultLocalConcurrency = 4;
    private readonly Lazy<AttemptRoute> _attempts;

    /// <summary>Creates a route.</summary>
    /// <param name="name">The name, for receipts, logs and metrics.</param>
    /// <param name="client">The client. If it is a pipeline, its own layers apply to this route only.</param>
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

    /// <summary>Gets the provider's model id; <see langword="null"/> for the client's default model.</summary>
    public string? ModelId { get; init; }

    /// <summary>Gets the provider's model ids by logical name, for example <c>smart</c>.</summary>
    public IReadOnlyDictionary<string, string> ModelMap { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>
    /// Gets the class of the model; <see langword="null"/> for none. The default policy tries routes of the primary's class first and skips
    /// routes of another class.
    /// </summary>
    public string? ModelClass { get; init; }

    /// <summary>
    /// Gets a value indicating whether the route runs on your own machine. Its cost is zero, and the default policy tries it last. Default:
    /// false.
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>Gets the tags that a request can require, for example <c>eu</c>.</summary>
    public IReadOnlyCollection<string> Tags { get; init; } = [];

    /// <summary>Gets the context window in tokens; <see langword="null"/> if it is unknown.</summary>
    public long? ContextWindow
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(ContextWindow));
            field = value;
        }
    }

    /// <summary>
    /// Gets the maximum number of output tokens of the model; a higher number in a request is lowered to it. <see langword="null"/> if it
    /// is unknown.
    /// </summary>
    public int? MaxOutputTokens
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(MaxOutputTokens));
            field = value;
        }
    }

    /// <summary>Gets the capabilities of the route. Requests that need others skip the route. Default: all.</summary>
    public ChatCapabilities Capabilities { get; init; } = ChatCapabilities.All;

    /// <summary>Gets a value indicating whether the model rejects a temperature, which is then removed from requests. Default: false.</summary>
    public bool RejectsTemperature { get; init; }

    /// <summary>Gets the maximum number of concurrent attempts; <see langword="null"/> for no limit, or for 4 if <see cref="IsLocal"/> is true.</summary>
    public int? MaxConcurrency
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(MaxConcurrency));
            field = value;
        }
    }

    /// <summary>Gets the route's share of the calls by <see cref="IFallbackPolicy.Weighted"/>, relative to the weights of the others. Default: 1; zero or more.</summary>
    public double Weight
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(Weight));
            ArgumentOutOfRangeException.ThrowIfEqual(double.IsFinite(value), false, nameof(Weight));
            field = value;
        }
    } = 1;

    /// <summary>Gets a value indicating whether the route may answer after earlier routes failed. Default: true.</summary>
    public bool WhenFailed { get; init; } = true;

    /// <summary>Gets a value indicating whether the route may answer after budgets refused earlier routes. Default: true.</summary>
    public bool WhenOverBudget { get; init; } = true;

    /// <summary>Gets the options of the route's circuit breaker. The route keeps a copy of the options set, and returns a copy.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public CircuitOptions Circuit
    {
        get => field.Copy();
        init => field = (value ?? throw new ArgumentNullException(nameof(Circuit))).Validated();
    } = new();

    /// <summary>Gets a value indicating whether the route is left alone after repeated failures, or is being tried again.</summary>
    public bool IsCircuitOpen => CircuitState != CircuitState.Closed;

    /// <summary>The state of the route's circuit.</summary>
    internal CircuitState CircuitState => Attempts.Circuit.State;

    /// <summary>The context window from <see cref="ContextWindow"/>, or else from the client or the price catalog; null if it is unknown.</summary>
    internal long? KnownWindow => new PipelineRules.WindowedRoute(Name, Client, ModelId, ContextWindow).KnownWindow();

    internal AttemptRoute Attempts => _attempts.Value;

    /// <summary>Returns the model id to send for the requested one; null for the client's default model.</summary>
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
