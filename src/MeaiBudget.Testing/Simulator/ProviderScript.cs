using System.Collections.Concurrent;

namespace MeaiBudget.Testing;

/// <summary>What one provider of a <see cref="ProviderSimulator"/> answers.</summary>
/// <remarks>
/// <para>A request takes the first of these that there is: the next response queued for its model, the next queued for the provider,
/// the model's default, the provider's default. Only requests for an answer take from these queues.</para>
/// <para>Safe for concurrent use, also while requests arrive.</para>
/// </remarks>
public sealed class ProviderScript : ResponseScript
{
    private readonly ConcurrentDictionary<string, ResponseScript> _models = new(StringComparer.Ordinal);
    private readonly ProviderSimulator _simulator;
    private volatile IReadOnlyList<string> _onlyModels = [];

    internal ProviderScript(ProviderSimulator simulator, SimulatedProvider provider)
        : base(SimulatedResponse.Echo())
    {
        _simulator = simulator;
        Provider = provider;
    }

    /// <summary>Gets the provider.</summary>
    public SimulatedProvider Provider { get; }

    /// <summary>Gets the script of the provider's endpoint that counts input tokens; it answers with the input tokens of a response's usage.</summary>
    public ResponseScript TokenCounting { get; } = new(SimulatedResponse.Echo());

    /// <summary>Gets the models that the provider has; empty, as at first, if it has whatever it is asked for.</summary>
    public IReadOnlyList<string> Models => _onlyModels;

    /// <summary>Gets the requests for an answer that this provider has seen, in the order of their arrival; a snapshot.</summary>
    public IReadOnlyList<SimulatedRequest> ChatRequests =>
        [.. _simulator.Requests.Where(request => request.Provider == Provider && request.Endpoint == SimulatedEndpoint.Chat)];

    /// <summary>The script of one model.</summary>
    /// <param name="model">The model id as it stands in requests.</param>
    /// <returns>Its script; always the same one for a model.</returns>
    public ResponseScript ForModel(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return _models.GetOrAdd(model, static _ => new ResponseScript(null));
    }

    /// <summary>Makes the provider answer with its "no such model" error to every model but these.</summary>
    /// <param name="models">The model ids; none takes the restriction away.</param>
    /// <returns>This script.</returns>
    public ProviderScript OnlyModels(params string[] models)
    {
        ArgumentNullException.ThrowIfNull(models);
        _onlyModels = [.. models];
        return this;
    }

    internal bool Has(string? model) => _onlyModels.Count == 0 || (model is not null && _onlyModels.Contains(model));

    internal SimulatedResponse Next(string? model)
    {
        ResponseScript? script = model is not null && _models.TryGetValue(model, out ResponseScript? found) ? found : null;
        return script?.Next() ?? Next() ?? script?.Default ?? Default ?? SimulatedResponse.Echo();
    }
}
