using System.Collections.Concurrent;

namespace MeaiBudget.Testing;

/// <summary>The script of one provider of a <see cref="ProviderSimulator"/>.</summary>
/// <remarks>
/// <para>A request takes the first available of these: the next response queued for its model, the next one queued for the provider, the
/// model's default, the provider's default. Only chat requests use these queues.</para>
/// <para>Thread-safe, also while requests arrive.</para>
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

    /// <summary>Gets the script of the provider's token counting endpoint, which returns the input tokens of a response's usage.</summary>
    public ResponseScript TokenCounting { get; } = new(SimulatedResponse.Echo());

    /// <summary>Gets the models of the provider; empty, the default, if it accepts every model.</summary>
    public IReadOnlyList<string> Models => _onlyModels;

    /// <summary>Gets a snapshot of the provider's chat requests so far, in the order of their arrival.</summary>
    public IReadOnlyList<SimulatedRequest> ChatRequests =>
        [.. _simulator.Requests.Where(request => request.Provider == Provider && request.Endpoint == SimulatedEndpoint.Chat)];

    /// <summary>Returns the script of one model.</summary>
    /// <param name="model">The model id in requests.</param>
    /// <returns>The script, always the same object for a model.</returns>
    public ResponseScript ForModel(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return _models.GetOrAdd(model, static _ => new ResponseScript(null));
    }

    /// <summary>Restricts the provider to these models. For others it returns its "model not found" error.</summary>
    /// <param name="models">The model ids; none removes the restriction.</param>
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
