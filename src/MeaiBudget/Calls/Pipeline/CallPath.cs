using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What the layers of one path contribute to a call, whichever call it is. Immutable.</summary>
internal sealed record CallPath
{
    /// <summary>A path on which no layer has contributed yet.</summary>
    public static readonly CallPath Empty = new();

    private CallPath()
    {
    }

    /// <summary>What every attempt must pass, outermost first, each once.</summary>
    public ImmutableArray<ISpendGate> Gates { get; private init; } = [];

    /// <summary>The nearest retry policy.</summary>
    public IAttemptRetryPolicy? RetryPolicy { get; private init; }

    /// <summary>The shortest total time of the retry policies on the path; null for no limit.</summary>
    public TimeSpan? TotalTimeout { get; private init; }

    /// <summary>The estimators on the path, outermost first; the last one estimates, each one learns.</summary>
    public ImmutableArray<ITokenEstimator> Estimators { get; private init; } = [];

    /// <summary>Whether a missing usage is filled in.</summary>
    public bool FillsUsage { get; private init; }

    /// <summary>The validated options of the outermost budget; null without a budget.</summary>
    public ReservationOptions? Admission { get; private init; }

    /// <summary>The candidate that the path leads to; null until a fallback chose one.</summary>
    public AttemptRoute? Route { get; private init; }

    /// <summary>What the outermost budget that says so does with refusals.</summary>
    public ExceededBehavior? Exceeded { get; private init; }

    /// <summary>Whether a budget layer further out turns refusals into answers.</summary>
    public bool HasExceededHandler { get; private init; }

    /// <summary>Whether this is the closing pass that may use what the open tool loops kept back.</summary>
    public bool IsClosing { get; private init; }

    /// <summary>Chooses who estimates a request to a client: the innermost estimator on the path, else the client's own, else the shared one.</summary>
    public ITokenEstimator EstimatorFor(IChatClient client) =>
        !Estimators.IsEmpty ? Estimators[^1] : client.GetService<ITokenEstimator>() ?? TokenEstimator.Shared;

    public CallPath WithGate(ISpendGate gate, ReservationOptions admission)
    {
        foreach (ISpendGate present in Gates)
        {
            if (ReferenceEquals(present, gate))
            {
                return Admission is null ? this with { Admission = admission } : this;
            }
        }

        return this with { Gates = Gates.Add(gate), Admission = Admission ?? admission };
    }

    public CallPath WithRetry(IAttemptRetryPolicy policy) => this with
    {
        RetryPolicy = policy,
        TotalTimeout = policy.TotalTimeout < TotalTimeout ? policy.TotalTimeout : TotalTimeout ?? policy.TotalTimeout,
    };

    public CallPath WithEstimator(ITokenEstimator estimator, bool fillsUsage)
    {
        foreach (ITokenEstimator present in Estimators)
        {
            if (ReferenceEquals(present, estimator))
            {
                return this with { FillsUsage = FillsUsage || fillsUsage };
            }
        }

        return this with { Estimators = Estimators.Add(estimator), FillsUsage = FillsUsage || fillsUsage };
    }

    public CallPath WithRoute(AttemptRoute route) => this with { Route = route };

    public CallPath WithExceeded(ExceededBehavior? behavior) => Exceeded is null && behavior is not null ? this with { Exceeded = behavior } : this;

    public CallPath WithExceededHandler() => this with { HasExceededHandler = true };

    public CallPath Closing() => this with { IsClosing = true };
}
