using MeaiBudget;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Logs one record a call and one a failed attempt, without content and without secrets. Belongs above the other layers of this library.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="loggerFactory">Where the records go; if not supplied, one is resolved from the service provider, and without one nothing is logged.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The pipeline.</returns>
    public static ChatClientBuilder UseRedactedLogging(
        this ChatClientBuilder builder, ILoggerFactory? loggerFactory = null, Action<RedactedLoggingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) =>
        {
            ILoggerFactory? factory = loggerFactory ?? services.GetService(typeof(ILoggerFactory)) as ILoggerFactory;
            RedactedLoggingOptions options = (services.GetService(typeof(RedactedLoggingOptions)) as RedactedLoggingOptions ?? new RedactedLoggingOptions()).Copy();
            configure?.Invoke(options);
            return factory is null or NullLoggerFactory && !options.AddCostToActivity
                ? inner
                : new RedactedLoggingChatClient(
                    inner, factory?.CreateLogger<RedactedLoggingChatClient>() ?? NullLogger<RedactedLoggingChatClient>.Instance, options, CallLayerSetup.From(services));
        });
    }
}
