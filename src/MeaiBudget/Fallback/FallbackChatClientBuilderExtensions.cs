using MeaiBudget;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Sends a request to other clients, in the given order, if the client below fails or a budget refuses it.</summary>
    /// <param name="builder">The builder, whose inner client is the primary.</param>
    /// <param name="alternates">The other clients. Their routes are named after their metadata.</param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseFallback(this ChatClientBuilder builder, params IChatClient[] alternates)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(alternates);
        IChatClient[] clients = [.. alternates];
        return builder.Use((inner, services) => new FallbackChatClient(
            inner, Named(inner, clients), new FallbackOptions { Policy = new FallbackPolicy(byClass: false) }, CallLayerSetup.From(services)));
    }

    /// <summary>Sends a request to other routes if the client below fails or a budget refuses it: routes of the same class first, local ones last.</summary>
    /// <param name="builder">The builder, whose inner client is the primary.</param>
    /// <param name="routes">The other routes; if <see langword="null"/>, all routes of the service provider. Without any, requests go to the inner client, and a log record says so once.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseFallback(
        this ChatClientBuilder builder, IEnumerable<ChatRoute>? routes = null, Action<FallbackOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ChatRoute[]? given = routes is null ? null : [.. routes];
        return builder.Use((inner, services) =>
        {
            var options = new FallbackOptions();
            configure?.Invoke(options);
            ChatRoute[] alternates = given ?? [.. services.GetService(typeof(IEnumerable<ChatRoute>)) as IEnumerable<ChatRoute> ?? []];
            if (alternates.Length == 0)
            {
                ILogger logger = Loggers.For<FallbackChatClient>(services);
                FallbackLog.NoRoutes(logger);
            }

            return new FallbackChatClient(inner, alternates, options, CallLayerSetup.From(services));
        });
    }

    /// <summary>Creates routes named after their clients, and adds a number to repeated names.</summary>
    private static IEnumerable<ChatRoute> Named(IChatClient primary, IChatClient[] alternates)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal) { [AttemptRoute.NameOf(primary)] = 1 };
        foreach (IChatClient client in alternates)
        {
            string name = AttemptRoute.NameOf(client);
            int count = seen[name] = seen.GetValueOrDefault(name) + 1;
            yield return new ChatRoute(count == 1 ? name : $"{name}#{count}", client);
        }
    }
}
