using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates the activities of calls and attempts. Without a listener, no activity is created.</summary>
internal static class CallActivity
{
    public static Activity? StartCall() =>
        MeaiBudgetDiagnostics.ActivitySource.HasListeners() ? MeaiBudgetDiagnostics.ActivitySource.StartActivity(MeaiBudgetDiagnostics.CallActivityName) : null;

    /// <summary>Starts an attempt's activity as a child of <paramref name="parent"/>, even if an earlier attempt's activity is current.</summary>
    public static Activity? StartAttempt(Activity? parent) =>
        MeaiBudgetDiagnostics.ActivitySource.HasListeners()
            ? MeaiBudgetDiagnostics.ActivitySource.StartActivity(MeaiBudgetDiagnostics.AttemptActivityName, ActivityKind.Internal, parent?.Context ?? default)
            : null;

    /// <summary>Returns the operation of a client by OpenTelemetry's semantic conventions.</summary>
    public static string OperationOf(IChatClient client) => (client.GetService(typeof(GeneratorClient)) as GeneratorClient)?.Operation ?? "chat";

    /// <summary>Returns the nearest activity that this library did not create.</summary>
    public static Activity? OutsideOf(Activity? current)
    {
        while (current is not null && ReferenceEquals(current.Source, MeaiBudgetDiagnostics.ActivitySource))
        {
            current = current.Parent;
        }

        return current;
    }

    public static void Describe(Activity? activity, AttemptReceipt attempt, string operation)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        activity.SetTag(MeaiBudgetDiagnostics.OperationNameTag, operation);
        activity.SetTag(MeaiBudgetDiagnostics.RouteTag, attempt.Route);
        activity.SetTag(MeaiBudgetDiagnostics.ProviderTag, WrittenText.Of(attempt.Provider));
        activity.SetTag(MeaiBudgetDiagnostics.RequestModelTag, attempt.ModelId);
        if (!attempt.Usage.IsEstimated && attempt.Usage.CachedInputTokens > 0)
        {
            activity.SetTag(MeaiBudgetDiagnostics.CacheReadTokensTag, attempt.Usage.CachedInputTokens);
        }

        if (!attempt.Usage.IsEstimated && attempt.Usage.CacheWriteTokens + attempt.Usage.CacheWriteOneHourTokens is > 0 and long written)
        {
            activity.SetTag(MeaiBudgetDiagnostics.CacheCreationTokensTag, written);
        }

        if (attempt.Outcome == AttemptOutcome.Answered)
        {
            CostTelemetry.Tag(activity, attempt.Cost.Amount, attempt.Cost.Kind);
            return;
        }

        activity.SetStatus(ActivityStatusCode.Error);
        activity.SetTag(MeaiBudgetDiagnostics.ErrorTypeTag, attempt.Failure?.Kind.ToString());
        if (attempt.Cost.NanoDollars > 0)
        {
            CostTelemetry.Tag(activity, attempt.Cost.Amount, attempt.Cost.Kind);
        }

        if (attempt.Refusal is { } refusal)
        {
            activity.SetTag(MeaiBudgetDiagnostics.BudgetTag, WrittenText.Of(refusal.Budget));
            activity.SetTag(MeaiBudgetDiagnostics.RefusalReasonTag, refusal.Reason.ToString());
        }
    }

    public static void Describe(Activity? activity, CallReceipt call, string operation)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        activity.SetTag(MeaiBudgetDiagnostics.OperationNameTag, operation);
        activity.SetTag(MeaiBudgetDiagnostics.RequestModelTag, call.RequestedModelId);
        if (call.Attempts.Any(static attempt => attempt.Cost.Kind != CostKind.Unknown))
        {
            activity.SetTag(MeaiBudgetDiagnostics.CostSumTag, (double)call.Cost);
        }

        if (call.Answer is { } answer)
        {
            activity.SetTag(MeaiBudgetDiagnostics.RouteTag, answer.Route);
        }
        else if (call.Attempts.Count > 0)
        {
            activity.SetStatus(ActivityStatusCode.Error);
            activity.SetTag(MeaiBudgetDiagnostics.ErrorTypeTag, call.Attempts[^1].Failure?.Kind.ToString());
        }
    }
}
