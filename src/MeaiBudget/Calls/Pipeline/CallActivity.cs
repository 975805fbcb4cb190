using System.Diagnostics;

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

    /// <summary>Returns the nearest activity that this library did not create.</summary>
    public static Activity? OutsideOf(Activity? current)
    {
        while (current is not null && ReferenceEquals(current.Source, MeaiBudgetDiagnostics.ActivitySource))
        {
            current = current.Parent;
        }

        return current;
    }

    public static void Describe(Activity? activity, AttemptReceipt attempt)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        activity.SetTag(MeaiBudgetDiagnostics.RouteTag, attempt.Route);
        activity.SetTag(MeaiBudgetDiagnostics.ProviderTag, WrittenText.Of(attempt.Provider));
        activity.SetTag(MeaiBudgetDiagnostics.RequestModelTag, attempt.ModelId);
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

    public static void Describe(Activity? activity, CallReceipt call)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        activity.SetTag(MeaiBudgetDiagnostics.RequestModelTag, call.RequestedModelId);
        if (call.Answer is { } answer)
        {
            activity.SetTag(MeaiBudgetDiagnostics.RouteTag, answer.Route);
            CostTelemetry.Tag(activity, call.Cost, answer.Cost.Kind);
        }
        else if (call.Attempts.Count > 0)
        {
            activity.SetStatus(ActivityStatusCode.Error);
            activity.SetTag(MeaiBudgetDiagnostics.ErrorTypeTag, call.Attempts[^1].Failure?.Kind.ToString());
        }
    }
}
