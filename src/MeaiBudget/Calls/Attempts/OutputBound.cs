using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>How many output tokens an attempt reserves, and whether the provider is told.</summary>
internal readonly record struct OutputBound
{
    private OutputBound(long tokens, long floor, bool isGiven, long sentAnyway, long answers = 1)
    {
        Answers = answers;
        Tokens = tokens;
        Floor = floor;
        IsGiven = isGiven;
        SentAnyway = sentAnyway;
    }

    /// <summary>The bound to reserve.</summary>
    public long Tokens { get; }

    /// <summary>The number of answers that share the bound.</summary>
    public long Answers { get; }

    /// <summary>The bound of one answer.</summary>
    public long TokensOfAnAnswer => Tokens / Math.Max(1, Answers);

    /// <summary>The bound below which the attempt is not worth making.</summary>
    public long Floor { get; }

    /// <summary>Whether the caller set the bound: then it is reserved as given and never lowered.</summary>
    public bool IsGiven { get; }

    /// <summary>What the provider would allow if it were told nothing more than the caller or the client says.</summary>
    private long SentAnyway { get; }

    /// <summary>Finds the bound to start from.</summary>
    /// <param name="options">The caller's options.</param>
    /// <param name="estimate">The estimate of the request.</param>
    /// <param name="limits">What the model can do, where that is known.</param>
    /// <param name="reservation">The budget's defaults and floors.</param>
    /// <param name="clientDefault">What the client sends by itself where nothing is said; never raised.</param>
    public static OutputBound For(ChatOptions? options, TokenEstimate estimate, ModelLimits? limits, ReservationOptions reservation, long? clientDefault = null)
    {
        if (options?.MaxOutputTokens is { } given)
        {
            return new OutputBound(given, given, true, given);
        }

        bool reasons = limits?.IsReasoning == true || options?.Reasoning is { Effort: not null and not ReasoningEffort.None };
        long anyway = estimate.MaxOutputTokens ?? limits?.MaxOutputTokens ?? long.MaxValue;
        long start = estimate.MaxOutputTokens
            ?? clientDefault
            ?? Math.Min(anyway, reasons ? reservation.DefaultReasoningOutputTokens : reservation.DefaultOutputTokens);
        long floor = Math.Min(start, reasons ? reservation.ReasoningOutputFloor : reservation.OutputFloor);
        return new OutputBound(start, floor, false, anyway);
    }

    /// <summary>A bound that is reserved as it is and never lowered, because the request may ignore the options.</summary>
    public static OutputBound Fixed(long tokens) => new(tokens, tokens, isGiven: true, tokens);

    /// <summary>The output tokens of one answer if the provider does not get the bound.</summary>
    public long TokensIfNotTold(ModelLimits? limits)
    {
        long untold = IsGiven ? limits?.MaxOutputTokens ?? long.MaxValue : SentAnyway == long.MaxValue ? long.MaxValue : SentAnyway / Math.Max(1, Answers);

        // Of a model without a known limit nothing better can be said.
        return untold == long.MaxValue ? TokensOfAnAnswer : Math.Max(TokensOfAnAnswer, untold);
    }

    /// <summary>The bound of a request as it stands on the wire: its own limit counts, for each of the answers that it asks for.</summary>
    public OutputBound AsSent(WireRequest asked)
    {
        long answers = Math.Max(1, asked.AnswerCount);
        return asked.OutputLimit is { } limit
            ? new OutputBound(SaturatingMath.Multiply(limit, answers), SaturatingMath.Multiply(limit, answers), isGiven: true, SaturatingMath.Multiply(limit, answers), answers)
            : new OutputBound(SaturatingMath.Multiply(Tokens, answers), SaturatingMath.Multiply(Floor, answers), IsGiven, SaturatingMath.Multiply(SentAnyway, answers), answers);
    }

    /// <summary>The same bound, lowered to what a budget can pay.</summary>
    public OutputBound LoweredTo(long tokens) => new(Math.Min(tokens, Tokens), Floor, IsGiven, SentAnyway, Answers);

    /// <summary>The options to send: the caller's own, unless the bound is lower than what would be sent anyway.</summary>
    public ChatOptions? Apply(ChatOptions? options)
    {
        if (IsGiven || Tokens >= SentAnyway)
        {
            return options;
        }

        ChatOptions lowered = options?.Clone() ?? new ChatOptions();
        lowered.MaxOutputTokens = (int)Math.Min(TokensOfAnAnswer, int.MaxValue);
        return lowered;
    }
}
