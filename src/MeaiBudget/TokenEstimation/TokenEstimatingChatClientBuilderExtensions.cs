using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Estimates every attempt below, learns from what providers report, and fills in missing usage.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="estimator">The estimator; if not supplied, one is resolved from the service provider, else the one that the process shares.</param>
    /// <returns>The pipeline.</returns>
    public static ChatClientBuilder UseTokenEstimation(this ChatClientBuilder builder, ITokenEstimator? estimator = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new TokenEstimatingChatClient(
            inner, estimator ?? services.GetService(typeof(ITokenEstimator)) as ITokenEstimator, CallLayerSetup.From(services)));
    }
}
