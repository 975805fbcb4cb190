namespace MeaiBudget;

internal sealed partial class WireAnswerFacts
{
    private const int MostToolCalls = 10_000;

    /// <summary>Gives what was collected so far.</summary>
    /// <param name="isEnded">Whether the body came to its end.</param>
    /// <param name="isOpen">Whether the body's last document is not closed.</param>
    /// <param name="bodyBytes">The length of what came.</param>
    public WireAnswer ToAnswer(bool isEnded, bool isOpen, long bodyBytes)
    {
        WireFlags flags = _flags;
        WireFigures figures = _usage.ToFigures(ref flags);
        long text = Math.Max(_text + (isOpen ? _eventTexts.Text : 0), _wholeText);
        BillableUsage? usage = WireUsageRules.Normalize(_protocol, figures, text, ref flags);
        decimal? cost = _cost.ToAmount();
        long searches = Plausible(SaturatingMath.Add(figures[WireCount.WebSearches], figures[WireCount.OtherSearches]), ref flags) is > 0 and var told ? told : _tools?.WebSearches ?? 0;
        long files = Math.Max(Plausible(figures[WireCount.FileSearches], ref flags), _tools?.FileSearches ?? 0);
        long sessions = Math.Max(Plausible(figures[WireCount.CodeExecutions], ref flags), _tools?.CodeSessions ?? 0);
        if (usage is not null || cost is not null)
        {
            usage = (usage ?? default) with { WebSearches = searches, FileSearches = files, CodeExecutionSessions = sessions, ProviderStatedCost = cost, ServiceTier = ServiceTiers.Combined(ServiceTiers.Canonical(_speed) ?? ServiceTiers.Canonical(_tier), _geo) };
        }

        if ((_mayBeCached && cost == 0m) || (_isCached && cost is null or 0m))
        {
            // No model ran, so the tokens that are repeated from the first answer are not billed.
            usage = new BillableUsage { ProviderStatedCost = 0m };
        }

        string? finishReason = _protocol == WireProtocol.Responses ? _incompleteReason ?? _status : _finishReason;
        return new WireAnswer
        {
            Usage = usage,
            Reported = figures,
            Flags = flags,
            FinishReason = finishReason,
            ServiceTier = _tier,
            Speed = _speed,
            InferenceGeo = _geo,
            ModelId = _model,
            ResponseId = _responseId,
            StatedCost = cost,
            WebSearches = searches,
            FileSearches = files,
            CodeSessions = sessions,
            WebFetches = Math.Max(figures[WireCount.WebFetches], _tools?.WebFetches ?? 0),
            GeneratedImages = _tools?.Images ?? 0,
            IsGrounded = _tools is { IsGrounded: true },
            Error = _error,
            IsComplete = IsComplete(isEnded && !isOpen && _hasDocument, isOpen),
            TextBytes = text,
            BodyBytes = bodyBytes,
        };
    }

    /// <summary>Returns a number of calls of a tool. No answer has more than thousands of them: then one is counted, and the fee is marked as unknown.</summary>
    private static long Plausible(long calls, ref WireFlags flags)
    {
        if (calls <= MostToolCalls)
        {
            return calls;
        }

        flags |= WireFlags.AbsurdCount | WireFlags.OtherFee;
        return 1;
    }

    /// <summary>A whole document is complete at its end, whatever it says; a stream must say so.</summary>
    private bool IsComplete(bool isEnded, bool isOpen) => _protocol switch
    {
        WireProtocol.Responses => _isTerminal || (isEnded && !HasEvents && _status is not (null or "in_progress" or "queued")),
        WireProtocol.AnthropicMessages => _isTerminal || (isEnded && !HasEvents),

        // The counts follow the word that it is done.
        WireProtocol.OllamaChat => _isDone && !isOpen,
        WireProtocol.Embeddings or WireProtocol.OllamaEmbeddings or WireProtocol.GeminiEmbeddings => isEnded,
        _ => _isDone || (isEnded && (_finishReason is not null || !HasEvents)),
    };
}
