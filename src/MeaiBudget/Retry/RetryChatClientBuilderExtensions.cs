using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Retries attempts that failed with a transient error. Add it above <c>UseFallback</c> and below <c>UseFunctionInvocation</c>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="options">The options; if <see langword="null"/>, those of the service provider, or else the defaults.</param>
    /// <param name="configure">Changes a copy of the options.</param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseRetry(
        this ChatClientBuilder builder, RetryOptions? options = null, Action<RetryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new RetryChatClient(inner, OptionsOf(options, configure, services), CallLayerSetup.From(services)));
    }

    /// <summary>Copies the given options, or else those of the service provider, or else the defaults.</summary>
    internal static RetryOptions OptionsOf(RetryOptions? given, Action<RetryOptions>? configure, IServiceProvider services)
    {
        RetryOptions copy = (given ?? services.GetService(typeof(RetryOptions)) as RetryOptions ?? new RetryOptions()).Copy();
        configure?.Invoke(copy);
        return copy;
    }
}
