using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The chat clients that configuration names: one for each logical model. Made when first asked for; thread-safe.</summary>
internal sealed class ConfiguredClients
{
    private readonly Dictionary<string, Lazy<IChatClient>> _pipelines = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Lazy<IChatClient>> _clients = new(StringComparer.OrdinalIgnoreCase);
    private readonly string? _defaultModel;

    public ConfiguredClients(IServiceProvider services, MeaiBudgetOptions options, ConfiguredRoutes routes, MeaiBudgetPipeline pipeline)
    {
        _defaultModel = options.DefaultModel ?? options.Models.Keys.FirstOrDefault();
        foreach (string model in options.Models.Keys)
        {
            _pipelines[model] = new(() => pipeline.Build([.. routes.ChainOf(model)], services));
            _clients[model] = new(() => new LogicalModelChatClient(model, _pipelines));
        }
    }

    /// <summary>The client of a logical model; of the default one where none is named.</summary>
    public IChatClient this[string? model] => _clients[model ?? _defaultModel!].Value;
}
