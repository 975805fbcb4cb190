using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <content>What an attempt asks its gates for.</content>
internal sealed partial class GateReservations
{
    /// <summary>An open tool loop that is to be wrapped up keeps money back for its closing answer.</summary>
    private bool KeepsBackForClosing =>
        run.Frame.Path is { Exceeded: ExceededBehavior.WrapUp, IsClosing: false }
        && run.Options is { Tools.Count: > 0, ToolMode: not NoneChatToolMode };

    /// <summary>Sets the bounds, and makes the request to the gates.</summary>
    /// <param name="estimate">The estimate of messages and options.</param>
    /// <param name="asked">The caller's own raw request; null if it is none, or was not read.</param>
    /// <param name="isUnseen">True if it is a raw request that was not read.</param>
    /// <param name="unreadable">Why it could not be read.</param>
    private SpendRequest RequestOf(TokenEstimate estimate, WireRequest? asked, bool isUnseen, string? unreadable)
    {
        string modelId = run.ModelId ?? "";
        PriceCatalog? catalog = null;
        foreach (ISpendGate gate in run.Frame.Path.Gates)
        {
            Limits ??= gate.LimitsOf(modelId, run.Route.Metadata?.ProviderName);
            catalog ??= gate.Catalog;
        }

        ThinkingBound thinking = Thinking;
        Bound = OutputBound.For(run.Options, estimate, Limits, run.Admission, thinking, run.Frame.Path.IsClosing);
        if (asked is not null)
        {
            Bound = Bound.AsSent(asked, run.Admission, run.Options?.Reasoning?.Effort);
        }
        else if (isUnseen && run.Admission.UnseenRawRequestBehavior == UnseenRawRequestBehavior.ReserveModelLimits
            && Limits is { ContextWindow: { } window, MaxOutputTokens: { } most })
        {
            isUnseen = false;
            Bound = OutputBound.Fixed(Math.Max(most, Bound.Tokens));
            estimate = estimate.AtLeast(window);
        }

        return new SpendRequest
        {
            CallId = Record.CallId,
            Attempt = attempt,
            ModelId = modelId,
            RequestedModelId = Record.RequestedModelId,
            Provider = run.Route.Metadata?.ProviderName,
            ProviderUri = run.Route.Metadata?.ProviderUri,
            Route = run.Route.Name,
            ModelClass = run.Route.ModelClass,
            IsFree = run.Route.IsLocal,
            Fallback = Record.FallbackTo(run.Route.Name),
            Tags = CallTags.Of(run.Options),
            Estimate = estimate,
            OutputTokens = Bound.Tokens,
            Lease = run.Admission.Lease,
            Run = run.Frame.Run,
            Closing = KeepsBackForClosing
                ? new ClosingReserve(run.Admission.ToolResultAllowance, OutputBound.OfClosingAnswer(run.Options, estimate, Limits, run.Admission, thinking, asked))
                : null,
            Catalog = catalog,
            IsUnseen = isUnseen,
            UnreadableAdvice = unreadable,
            ReportsRefusal = true,
        };
    }
}
