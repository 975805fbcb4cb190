using MeaiBudget;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Logs one record for each call and one for each failed attempt, without content and secrets. Add it above the other layers of this library.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="loggerFactory">The logger factory; if <see langword="null"/>, that of the service provider. Without any, nothing is logged.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
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
