using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Estimates the tokens of every attempt below, calibrates the estimator with reported usage, and fills in missing usage.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="estimator">The estimator; if <see langword="null"/>, that of the service provider, or else the one that the process shares.</param>
    /// <returns>The builder.</returns>
    public static ChatClientBuilder UseTokenEstimation(this ChatClientBuilder builder, ITokenEstimator? estimator = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new TokenEstimatingChatClient(
            inner, estimator ?? services.GetService(typeof(ITokenEstimator)) as ITokenEstimator, CallLayerSetup.From(services)));
    }
}
