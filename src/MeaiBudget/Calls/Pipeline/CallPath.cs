using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The contributions of the layers on one path. They do not depend on the call, so calls can share a path. Immutable.</summary>
internal sealed record CallPath
{
    /// <summary>The path without contributions.</summary>
    public static readonly CallPath Empty = new();

    private CallPath()
    {
    }

    /// <summary>The gates that every attempt must pass, outermost first, each once.</summary>
    public ImmutableArray<ISpendGate> Gates { get; private init; } = [];

    /// <summary>The innermost retry policy.</summary>
    public IAttemptRetryPolicy? RetryPolicy { get; private init; }

    /// <summary>The shortest total timeout of the retry policies on the path; null for none.</summary>
    public TimeSpan? TotalTimeout { get; private init; }

    /// <summary>The estimators on the path, outermost first. The last one estimates; all of them learn.</summary>
    public ImmutableArray<ITokenEstimator> Estimators { get; private init; } = [];

    /// <summary>True if a missing usage is replaced by an estimate.</summary>
    public bool FillsUsage { get; private init; }

    /// <summary>The validated options of the outermost budget; null without a budget.</summary>
    public ReservationOptions? Admission { get; private init; }

    /// <summary>The candidate that the path leads to; null until a fallback has chosen one.</summary>
    public AttemptRoute? Route { get; private init; }

    /// <summary>The circuit of a client without a fallback, of the innermost budget that sets one; null for the defaults.</summary>
    public CircuitOptions? Circuit { get; private init; }

    /// <summary>The reaction to refusals of the outermost budget that sets one.</summary>
    public ExceededBehavior? Exceeded { get; private init; }

    /// <summary>True if a budget layer further out turns refusals into answers.</summary>
    public bool HasExceededHandler { get; private init; }

    /// <summary>True if this is the closing pass, which may use the amounts kept back by open tool loops.</summary>
    public bool IsClosing { get; private init; }

    /// <summary>Returns the estimator for a client: the innermost one on the path, or else the client's own, or else the shared one.</summary>
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

    public CallPath WithCircuit(CircuitOptions? circuit) => circuit is null ? this : this with { Circuit = circuit };

    public CallPath WithExceeded(ExceededBehavior? behavior) => Exceeded is null && behavior is not null ? this with { Exceeded = behavior } : this;

    public CallPath WithExceededHandler() => this with { HasExceededHandler = true };

    public CallPath Closing() => this with { IsClosing = true };
}
