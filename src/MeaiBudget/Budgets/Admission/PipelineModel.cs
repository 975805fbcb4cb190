using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A model that a pipeline may use, as far as known when the pipeline is built.</summary>
/// <param name="Route">The route's name.</param>
/// <param name="ModelId">The provider's id.</param>
/// <param name="RequestedModelId">The logical name that maps to it; else the id.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Endpoint">The provider's address.</param>
/// <param name="IsFree">True if the route was declared to cost nothing.</param>
internal sealed record PipelineModel(
    string Route, string ModelId, string RequestedModelId, string? Provider, Uri? Endpoint, bool IsFree)
{
    private static readonly IReadOnlyDictionary<string, string> NoModels = FrozenDictionary<string, string>.Empty;

    /// <summary>Lists the models of every route below a layer: the route's own, those of its maps, else the client's default.</summary>
    public static IEnumerable<PipelineModel> Below(IChatClient client) => Of(client, route: null).Distinct();

    private static IEnumerable<PipelineModel> Of(IChatClient client, ChatRoute? route)
    {
        if (client.GetService<FallbackChatClient>() is not { } fallback)
        {
            return OfRoute(client, route);
        }

        // A fallback inside a route has routes of its own.
        return fallback.Routes.SelectMany(inner => Of(inner.Client, inner));
    }

    private static IEnumerable<PipelineModel> OfRoute(IChatClient client, ChatRoute? route)
    {
        ChatClientMetadata? metadata = client.GetService<ChatClientMetadata>();
        ProviderChatClient? provider = client.GetService<ProviderChatClient>();
        string name = route?.Name ?? AttemptRoute.NameOf(client);
        bool isFree = route?.IsLocal ?? false;
        if ((provider?.ResolveModelId(route?.ModelId) ?? route?.ModelId ?? metadata?.DefaultModelId) is { Length: > 0 } usual)
        {
            yield return new PipelineModel(name, provider?.KnownModelOf(usual) ?? usual, route?.ModelId ?? usual, metadata?.ProviderName, metadata?.ProviderUri, isFree);
        }

        foreach ((string logical, string modelId) in (route?.ModelMap ?? NoModels).Concat(provider?.ModelMap ?? NoModels))
        {
            yield return new PipelineModel(name, provider?.KnownModelOf(provider.ResolveModelId(modelId)) ?? modelId, logical, metadata?.ProviderName, metadata?.ProviderUri, isFree);
        }
    }
}
