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
    public long Tokens { get; private init; }

    /// <summary>The number of answers that share the bound.</summary>
    public long Answers { get; }

    /// <summary>The bound of one answer.</summary>
    public long TokensOfAnAnswer => Tokens / Math.Max(1, Answers);

    /// <summary>The bound below which the attempt is not worth making.</summary>
    public long Floor { get; }

    /// <summary>Whether the caller set the bound: then it is reserved as given and never lowered.</summary>
    public bool IsGiven { get; }

    /// <summary>The reasoning effort to send in place of the caller's; null for the caller's.</summary>
    public ReasoningEffort? LoweredEffort { get; private init; }

    /// <summary>What the provider would allow if it were told nothing more than the caller or the client says.</summary>
    private long SentAnyway { get; }

    /// <summary>Finds the bound to start from.</summary>
    /// <param name="options">The caller's options.</param>
    /// <param name="estimate">The estimate of the request.</param>
    /// <param name="limits">What the model can do, where that is known.</param>
    /// <param name="reservation">The budget's defaults and floors.</param>
    /// <param name="thinking">What the client sends by itself where nothing is said, and what the model may think.</param>
    /// <param name="isClosing">True for the closing answer of a tool loop: it is short, and thinks little.</param>
    public static OutputBound For(
        ChatOptions? options, TokenEstimate estimate, ModelLimits? limits, ReservationOptions reservation, ThinkingBound thinking = default, bool isClosing = false)
    {
        ReasoningEffort? effort = options?.Reasoning?.Effort;
        if (isClosing && effort > ReasoningEffort.Low)
        {
            return For(effort: ReasoningEffort.Low, options, estimate, limits, reservation, thinking, isClosing) with { LoweredEffort = ReasoningEffort.Low };
        }

        return For(effort, options, estimate, limits, reservation, thinking, isClosing);
    }

    /// <summary>Finds the highest lower effort with which the attempt is worth making for what a budget can pay; null if there is none.</summary>
    /// <param name="payable">The output tokens that the budget can pay.</param>
    /// <param name="options">The caller's options.</param>
    /// <param name="estimate">The estimate of the request.</param>
    /// <param name="limits">What the model can do, where that is known.</param>
    /// <param name="reservation">The budget's defaults and floors.</param>
    /// <param name="thinking">What the client sends by itself where nothing is said, and what the model may think.</param>
    public OutputBound? WithLowerEffort(
        long payable, ChatOptions? options, TokenEstimate estimate, ModelLimits? limits, ReservationOptions reservation, ThinkingBound thinking)
    {
        if (IsGiven || !reservation.LowersReasoningEffort || (LoweredEffort ?? options?.Reasoning?.Effort) is not { } effort)
        {
            return null;
        }

        while (effort > ReasoningEffort.Low)
        {
            effort--;
            OutputBound lower = For(effort, options, estimate, limits, reservation, thinking, isClosing: false);
            if (lower.Floor <= payable)
            {
                return lower.LoweredTo(payable) with { LoweredEffort = effort };
            }
        }

        return null;
    }

    /// <summary>The output tokens that a tool loop keeps money back for: the least with which its closing answer is worth making.</summary>
    public static long OfClosingAnswer(
        ChatOptions? options, TokenEstimate estimate, ModelLimits? limits, ReservationOptions reservation, ThinkingBound thinking, WireRequest? asked = null)
    {
        OutputBound closing = For(options, estimate, limits, reservation, thinking, isClosing: true);
        closing = asked is null ? closing : closing.AsSent(asked, reservation, options?.Reasoning?.Effort);
        return Math.Min(closing.Floor, closing.Tokens);
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
    /// <param name="asked">The request.</param>
    /// <param name="reservation">The budget's floors.</param>
    /// <param name="ownEffort">The effort in the caller's options, which a budget can lower; one that only the raw request states stays.</param>
    public OutputBound AsSent(WireRequest asked, ReservationOptions reservation, ReasoningEffort? ownEffort)
    {
        long answers = Math.Max(1, asked.AnswerCount);
        if (asked.OutputLimit is { } limit)
        {
            long all = SaturatingMath.Multiply(limit, answers);
            return new OutputBound(all, all, isGiven: true, all, answers);
        }

        // A limit at or below the thinking budget is rejected by the provider, or leaves no answer.
        ReasoningEffort? effort = LoweredEffort is { } lowered && asked.Effort == ownEffort ? lowered : asked.Effort;
        long least = asked.ThinkingBudget is { } thinking ? SaturatingMath.Add(thinking, reservation.OutputFloor)
            : effort is not null ? reservation.ReasoningFloorOf(effort)
            : 0;

        // What the request says of its thinking replaces what the model's kind suggests.
        long floor = asked.ThinkingBudget is not null || effort is not null ? least : Floor;
        return new OutputBound(
            SaturatingMath.Multiply(Math.Max(least, Tokens), answers),
            SaturatingMath.Multiply(floor, answers),
            IsGiven,
            SaturatingMath.Multiply(SentAnyway, answers),
            answers)
        {
            LoweredEffort = LoweredEffort,
        };
    }

    /// <summary>The same bound, lowered to what a budget can pay.</summary>
    public OutputBound LoweredTo(long tokens) => this with { Tokens = Math.Min(tokens, Tokens) };

    /// <summary>The options to send: the caller's own, unless the bound is lower than what would be sent anyway.</summary>
    public ChatOptions? Apply(ChatOptions? options)
    {
        if (Tokens >= SentAnyway && LoweredEffort is null)
        {
            return options;
        }

        ChatOptions lowered = options?.Clone() ?? new ChatOptions();
        if (Tokens < SentAnyway)
        {
            lowered.MaxOutputTokens = (int)Math.Min(TokensOfAnAnswer, int.MaxValue);
        }

        if (LoweredEffort is { } effort)
        {
            lowered.Reasoning = new ReasoningOptions { Effort = effort, Output = options?.Reasoning?.Output };
        }

        return lowered;
    }

    private static OutputBound For(
        ReasoningEffort? effort,
        ChatOptions? options,
        TokenEstimate estimate,
        ModelLimits? limits,
        ReservationOptions reservation,
        ThinkingBound thinking,
        bool isClosing)
    {
        ReasoningEffort? stated = effort is null || thinking.StatedEffort > effort ? thinking.StatedEffort ?? effort : effort;
        bool reasons = limits?.IsReasoning == true || stated is not null and not ReasoningEffort.None;
        long? mostThinking = thinking.TokensOf(effort);
        long least = mostThinking is { } budget ? SaturatingMath.Add(budget, reservation.OutputFloor)
            : reasons ? reservation.ReasoningFloorOf(stated)
            : reservation.OutputFloor;
        if (options?.MaxOutputTokens is { } given)
        {
            long tokens = isClosing ? Math.Min(given, least) : given;
            return new OutputBound(tokens, tokens, true, given);
        }

        long anyway = estimate.MaxOutputTokens ?? limits?.MaxOutputTokens ?? long.MaxValue;
        long start = estimate.MaxOutputTokens
            ?? (thinking.ClientDefault is { } sent ? SaturatingMath.Add(sent, mostThinking ?? 0)
                : Math.Min(anyway, Math.Max(least, reasons ? reservation.DefaultReasoningOutputTokens : reservation.DefaultOutputTokens)));

        // A client that sends a low maximum by itself gets no higher floor than that.
        long floor = Math.Min(start, mostThinking is null && thinking.ClientDefault is not null && !reasons ? reservation.OutputFloor : least);
        return new OutputBound(start, floor, false, anyway);
    }
}
