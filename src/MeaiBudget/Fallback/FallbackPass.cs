using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One pass of a call through the candidates. Not thread-safe.</summary>
internal sealed class FallbackPass
{
    private readonly CallFrame _frame;
    private readonly IFallbackPolicy _policy;
    private readonly ChatRoute _primary;
    private readonly IReadOnlyList<FallbackChatClient.Candidate> _plan;
    private readonly IReadOnlyList<FallbackChatClient.Candidate> _candidates;
    private readonly IReadOnlyList<FallbackChatClient.Candidate> _leftOut;
    private readonly IReadOnlyList<ChatMessage> _messages;
    private readonly ChatOptions? _options;
    private readonly CancellationToken _cancellationToken;
    private readonly bool _isAlone;
    private FallbackChatClient.Candidate? _keeper;
    private List<(FallbackChatClient.Candidate Candidate, Exception Exception, ChatFailure Failure)>? _failed;
    private int _next;

    public FallbackPass(
        CallFrame frame,
        IFallbackPolicy policy,
        ChatRoute primary,
        IReadOnlyList<FallbackChatClient.Candidate> plan,
        IReadOnlyList<FallbackChatClient.Candidate> candidates,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken)
    {
        _frame = frame;
        _policy = policy;
        _primary = primary;
        _messages = messages;
        _options = options;
        _cancellationToken = cancellationToken;
        _plan = plan;
        _candidates = candidates;
        _leftOut = plan.Count == candidates.Count ? [] : [.. candidates.Except(plan)];
        _isAlone = plan.Count == 1;
    }

    /// <summary>Returns the next candidate that can serve the request; null if there is none left.</summary>
    public async ValueTask<FallbackChatClient.Candidate?> NextAsync()
    {
        while (_next < _plan.Count)
        {
            FallbackChatClient.Candidate candidate = _plan[_next++];
            if (await WhyNotAsync(candidate) is not { } reason)
            {
                if (_failed is { Count: > 0 })
                {
                    (FallbackChatClient.Candidate from, _, ChatFailure failure) = _failed[^1];
                    MeaiBudgetDiagnostics.RecordFallback(from.Route.Name, candidate.Route.Name, failure.Kind);
                }

                return candidate;
            }

            Skip(candidate, reason);
        }

        SkipLeftOut();
        return null;
    }

    public CallFrame FrameFor(FallbackChatClient.Candidate candidate) => _frame.With(candidate.Contribution);

    public IReadOnlyList<ChatMessage> MessagesFor(FallbackChatClient.Candidate candidate) =>
        candidate.IsPrimary ? _messages : FittedRequest.Messages(_messages);

    public ChatOptions? OptionsFor(FallbackChatClient.Candidate candidate) => FittedRequest.Options(_options, candidate.Route, candidate.IsPrimary);

    /// <summary>Records a failure. Returns true if another candidate may be tried, false if the exception must be rethrown.</summary>
    public bool MovesOnAfter(FallbackChatClient.Candidate candidate, Exception exception)
    {
        if (_cancellationToken.IsCancellationRequested || exception is ChatStreamInterruptedException)
        {
            return false;
        }

        ChatFailure failure = ChatFailures.Of(exception)
            ?? ChatFailureClassification.Classify(exception, candidate.Route.Attempts.Classifier, contentShown: false, _cancellationToken);
        (_failed ??= []).Add((candidate, exception, failure));
        if (failure.Kind == ChatFailureKind.Authentication)
        {
            // The fallback hides the error from the caller, so it is logged for the operators.
            FallbackLog.AuthenticationFailed(_frame.Record.Logger, candidate.Route.Name, failure.ProviderCode);
        }

        if (_isAlone)
        {
            SkipLeftOut();
        }

        return !_isAlone;
    }

    /// <summary>Records that the first candidate of the plan was tried without <see cref="NextAsync"/> and failed. Returns as <see cref="MovesOnAfter"/> does.</summary>
    public bool MovesOnAfterFirst(FallbackChatClient.Candidate candidate, Exception exception)
    {
        _next = 1;
        return MovesOnAfter(candidate, exception);
    }

    public void AnsweredBy(FallbackChatClient.Candidate candidate) => _frame.Record.WasSubstituted |= !candidate.IsPrimary;

    /// <summary>Returns the exception to throw if no candidate answered.</summary>
    public Exception Exhausted()
    {
        if (_failed is [var first, ..] && (_failed.Count == 1 || _failed.TrueForAll(entry => entry.Exception is BudgetExceededException)))
        {
            return first.Exception;
        }

        var exhausted = new FallbackExhaustedException(_frame.Record.AttemptsSoFar, [.. (_failed ?? []).Select(entry => entry.Exception)]);
        ChatFailures.Attach(exhausted, _failed is { Count: > 0 } ? _failed[^1].Failure : new ChatFailure(ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent));
        return exhausted;
    }

    private void Skip(FallbackChatClient.Candidate candidate, string reason) => _frame.Record.Add(new AttemptReceipt
    {
        CallId = _frame.Record.CallId,
        Number = _frame.Record.NextAttempt(),
        Route = candidate.Route.Name,
        Provider = candidate.Route.Attempts.Metadata?.ProviderName,
        ModelId = candidate.Route.ModelId,
        Outcome = AttemptOutcome.Skipped,
        SkipReason = reason,
        StartedAt = _frame.Record.Clock.GetUtcNow(),
    });

    /// <summary>Records the routes that the policy left out, so that the receipts show why they were not tried.</summary>
    private void SkipLeftOut()
    {
        foreach (FallbackChatClient.Candidate candidate in _leftOut)
        {
            Skip(candidate, candidate.Route.ModelClass == _primary.ModelClass
                ? "the policy leaves it out"
                : $"the policy leaves it out: its class is '{candidate.Route.ModelClass}', the primary's '{_primary.ModelClass}'");
        }
    }

    private async ValueTask<string?> WhyNotAsync(FallbackChatClient.Candidate candidate)
    {
        ChatRoute route = candidate.Route;
        if (_failed is not null && _frame.TimeLeft <= TimeSpan.Zero)
        {
            return "no time is left";
        }

        if (_failed is not null)
        {
            foreach ((FallbackChatClient.Candidate failed, _, ChatFailure failure) in _failed)
            {
                if (!_policy.MayMoveOn(failure, failed.Route, route))
                {
                    return $"not asked after {failure.Kind} at {failed.Route.Name}";
                }
            }
        }

        if (!candidate.IsPrimary && _options is CallChatOptions { IsPinned: true })
        {
            return "the request is pinned to its model";
        }

        foreach (string tag in (_options as CallChatOptions)?.RequiredTags ?? [])
        {
            if (!route.Tags.Contains(tag))
            {
                return $"lacks the tag '{tag}'";
            }
        }

        if (!string.IsNullOrEmpty(_options?.ConversationId) && !ReferenceEquals(candidate, await KeeperAsync(_options.ConversationId)))
        {
            return $"the conversation is kept by the server of {_keeper!.Route.Name}";
        }

        if (!candidate.IsPrimary && FittedRequest.HasHostedFiles(_messages) && !IsOfThePrimarysProvider(candidate))
        {
            return "a file of the request is kept by the primary's provider";
        }

        if (FittedRequest.MissingCapability(_messages, _options, route.Capabilities) is { } missing)
        {
            return $"cannot take {missing}";
        }

        return route.ContextWindow is { } window && await NeededAsync(candidate) is var needed && needed > window
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"needs {needed} tokens, the window has {window}")
            : null;
    }

    /// <summary>Finds the candidate whose server has a stored conversation: the one that answered last, as far as it is remembered, else the primary.</summary>
    private async ValueTask<FallbackChatClient.Candidate> KeeperAsync(string responseId)
    {
        if (_keeper is not null)
        {
            return _keeper;
        }

        foreach (FallbackChatClient.Candidate candidate in _candidates)
        {
            RememberedConversation? known = await _frame.Record.Setup.Conversations.FindAsync(candidate.Route.Attempts.Metadata, responseId, _cancellationToken);
            if (known is not null && string.Equals(known.Route, candidate.Route.Attempts.Name, StringComparison.Ordinal))
            {
                return _keeper = candidate;
            }
        }

        return _keeper = _candidates.First(candidate => candidate.IsPrimary);
    }

    private bool IsOfThePrimarysProvider(FallbackChatClient.Candidate candidate) =>
        _primary.Attempts.Metadata?.ProviderName is { } primary
        && ProviderNames.Canonical(primary) == ProviderNames.Canonical(candidate.Route.Attempts.Metadata?.ProviderName);

    private async ValueTask<long> NeededAsync(FallbackChatClient.Candidate candidate)
    {
        ChatOptions? options = OptionsFor(candidate);
        ChatClientMetadata? metadata = candidate.Route.Attempts.Metadata;
        TokenEstimate estimate = await _frame.Path.EstimatorFor(candidate.Client).EstimateAsync(
            _messages, options, new TokenEstimationTarget(options?.ModelId ?? candidate.Route.ModelId ?? metadata?.DefaultModelId, metadata, candidate.Client), _cancellationToken);
        return estimate.InputTokens + (options?.MaxOutputTokens ?? 0);
    }
}
