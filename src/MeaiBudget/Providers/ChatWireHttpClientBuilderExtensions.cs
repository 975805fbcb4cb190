using MeaiBudget;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <content>Adds a <see cref="ChatWireHandler"/> to the clients of <see cref="IHttpClientFactory"/>.</content>
public static partial class MeaiBudgetServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="ChatWireHandler"/> below all other handlers, around the primary handler. The order of registrations does not matter.</summary>
    /// <remarks>
    /// Budgets then see each retry and each hedged request of a resilience handler. An answer that the primary handler fetched from another
    /// address is discarded, so set <see cref="SocketsHttpHandler.AllowAutoRedirect"/> to false.
    /// </remarks>
    /// <param name="builder">The builder of a named or typed client, or of the defaults of all clients.</param>
    /// <param name="configure">Sets options of the handler, for example <see cref="ChatWireHandler.RequireBudget"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IHttpClientBuilder AddChatWire(this IHttpClientBuilder builder, Action<ChatWireHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // Post-configuration runs after all other actions were added, so this action runs last and wraps the final primary handler.
        builder.Services.AddSingleton<IPostConfigureOptions<HttpClientFactoryOptions>>(new PostConfigureOptions<HttpClientFactoryOptions>(
            builder.Name,
            options => options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.PrimaryHandler = InnermostHandler.Around(handlers.PrimaryHandler, handler =>
            {
                handler.LoggerFactory ??= handlers.Services.GetService<ILoggerFactory>();
                configure?.Invoke(handler);
            }))));
        return builder;
    }
}
