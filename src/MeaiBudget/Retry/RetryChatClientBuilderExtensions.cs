using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Makes attempts that failed for a passing reason again. Belongs above <c>UseFallback</c> and below <c>UseFunctionInvocation</c>.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="options">The options; if not supplied, one is resolved from the service provider, else the defaults.</param>
    /// <param name="configure">Changes a copy of the options.</param>
    /// <returns>The pipeline.</returns>
    public static ChatClientBuilder UseRetry(
        this ChatClientBuilder builder, RetryOptions? options = null, Action<RetryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new RetryChatClient(inner, OptionsOf(options, configure, services), CallLayerSetup.From(services)));
    }

    /// <summary>A copy of the options that were given, else of the container's, else of the defaults.</summary>
    internal static RetryOptions OptionsOf(RetryOptions? given, Action<RetryOptions>? configure, IServiceProvider services)
    {
        RetryOptions copy = (given ?? services.GetService(typeof(RetryOptions)) as RetryOptions ?? new RetryOptions()).Copy();
        configure?.Invoke(copy);
        return copy;
    }
}
