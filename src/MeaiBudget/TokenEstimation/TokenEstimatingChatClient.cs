using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Estimates the tokens of every attempt below it, calibrates the estimator with reported usage, and fills in missing usage.</summary>
/// <remarks>
/// Thread-safe; does not change requests. Filled-in usage is marked with
/// <c>AdditionalCounts["meaibudget.estimated_input_tokens"]</c> and <c>["meaibudget.estimated_output_tokens"]</c>.
/// </remarks>
public sealed class TokenEstimatingChatClient : CallLayerChatClient
{
    private readonly ITokenEstimator _estimator;

    /// <summary>Creates the client.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="estimator">The estimator; <see langword="null"/> for the estimator that the process shares.</param>
    public TokenEstimatingChatClient(IChatClient innerClient, ITokenEstimator? estimator = null)
        : this(innerClient, estimator, null)
    {
    }

    internal TokenEstimatingChatClient(IChatClient innerClient, ITokenEstimator? estimator, CallLayerSetup? setup)
        : base(innerClient, setup)
    {
        _estimator = estimator ?? TokenEstimator.Shared;
        VocabularyPreload.Begin([innerClient.GetService<ChatClientMetadata>()?.DefaultModelId]);
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType == typeof(ITokenEstimator) ? _estimator : base.GetService(serviceType, serviceKey);
    }

    private protected override CallPath Contribute(CallPath path, ISpendGate? run) => path.WithEstimator(_estimator, fillsUsage: true);
}
