using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// What an attempt has reserved at its gates: at all of them or at none. Where others hold the money, the attempt waits without
/// holding any itself; where a budget can pay less, the output bound is lowered.
/// </summary>
internal sealed partial class GateReservations(CandidateRun run, RouteEntry entry, int attempt, CancellationToken token)
{
    private bool _holds;
    private int _parts;
    private bool _isEnforced;

    /// <summary>What each gate reserved.</summary>
    public (ISpendGate Gate, SpendReservation Reservation)[] Reserved { get; private set; } = [];

    /// <summary>The reservations as the cover of the attempt's first request; null before they are made, and without gates.</summary>
    public SendCover? Main { get; private set; }

    /// <summary>The output bound that was reserved.</summary>
    public OutputBound Bound { get; private set; }

    /// <summary>The output tokens that were reserved by what was learned, below the bound; null if the bound was reserved.</summary>
    public long? Learned { get; private set; }

    /// <summary>What the model can do; null if that is not known.</summary>
    public ModelLimits? Limits { get; private set; }

    /// <summary>
    /// The output tokens of an answer whose request names no limit on the wire. Where a lower bound was to be sent,
    /// something removed it, and the model's own limit counts.
    /// </summary>
    public long TokensOfAnUnlimitedAnswer => _isEnforced ? Bound.TokensIfNotTold(Limits) : Bound.TokensOfAnAnswer;

    /// <summary>The output tokens after which an enforcing budget cuts a stream; null if none stands behind it.</summary>
    public long? OutputLimit => _isEnforced ? Math.Max(Bound.Tokens, Main?.Request.OutputTokens ?? 0) : null;

    /// <summary>Returns the number of the next reservation of the attempt.</summary>
    public int NextPart() => Interlocked.Increment(ref _parts);

    /// <summary>How long the attempt waited for money that other attempts hold.</summary>
    public TimeSpan Waited { get; private set; }

    private CallRecord Record => run.Record;

    private ThinkingBound Thinking => new(run.Route.Provider, run.Options);

    /// <summary>Estimates the request and reserves its worst case. On an exception the caller gives back what was reserved.</summary>
    /// <returns>The options to send.</returns>
    /// <exception cref="BudgetExceededException">A budget refused.</exception>
    public ValueTask<ChatOptions?> ReserveAsync()
    {
        // Mostly nothing is waited for, and no asynchronous method is needed.
        ValueTask<TokenEstimate> estimating = run.EstimateAsync();
        return estimating.IsCompletedSuccessfully && !run.IsRaw
            ? ReserveAsync(RequestOf(estimating.Result, asked: null, isUnseen: false, unreadable: null), asked: null)
            : ReserveAsync(estimating);
    }

    private async ValueTask<ChatOptions?> ReserveAsync(ValueTask<TokenEstimate> estimating)
    {
        TokenEstimate estimate = await estimating;
        (WireRequest? asked, bool isUnseen, string? unreadable) = run.IsRaw ? await run.ReadRawRequestAsync(token) : default;
        SpendRequest request = RequestOf(estimate, asked, isUnseen, unreadable);
        if (asked is not null)
        {
            RememberedConversation? history = await run.HistoryAsync(asked.PreviousResponseId, token);
            request = SentRequest.WorstCase(asked, request, Bound.TokensOfAnAnswer, run, history);
        }

        return await ReserveAsync(request, asked);
    }

    private ValueTask<ChatOptions?> ReserveAsync(SpendRequest request, WireRequest? asked)
    {
        if (!request.IsUnseen && request.OutputTokens == Bound.Tokens && LearnedReservation.Of(run, request, Bound, Limits, Thinking, asked) is { } learned)
        {
            Learned = learned;
            request = request with { OutputTokens = learned };
        }

        ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> trying = TryGatesAsync(request);
        if (!trying.IsCompletedSuccessfully)
        {
            return EndReservationAsync(request, trying);
        }

        (ISpendGate Gate, SpendRefusal Refusal)? refused = trying.Result;
        return refused is null ? new(Covered(request)) : EndReservationAsync(request, new(refused));
    }

    private async ValueTask<ChatOptions?> EndReservationAsync(SpendRequest request, ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> trying)
    {
        if (await trying is { } refused)
        {
            request = await NegotiateAsync(request, refused);
        }

        return Covered(request);
    }

    private ChatOptions? Covered(SpendRequest request)
    {
        Main = new SendCover(request, Reserved);
        return _isEnforced ? Bound.Apply(run.Options) : run.Options;
    }

    /// <summary>Reserves for a further request of the attempt, or for what a request asks beyond its reservation. Never waits: the attempt holds money.</summary>
    /// <exception cref="BudgetExceededException">A budget refused; nothing more is held than before.</exception>
    public async ValueTask<(ISpendGate Gate, SpendReservation Reservation)[]> ReserveFurtherAsync(SpendRequest request, CancellationToken cancellationToken)
    {
        ((ISpendGate Gate, SpendReservation Reservation)[] reserved, (ISpendGate Gate, SpendRefusal Refusal)? refused) = await TryFurtherAsync(request, cancellationToken);
        if (refused is var (gate, refusal))
        {
            gate.Refused(request, refusal);
            throw new BudgetExceededException(refusal);
        }

        return reserved;
    }

    /// <summary>Reserves at all gates or at none, like <see cref="ReserveFurtherAsync"/>, and returns a refusal without reporting it.</summary>
    public async ValueTask<((ISpendGate Gate, SpendReservation Reservation)[] Reserved, (ISpendGate Gate, SpendRefusal Refusal)? Refused)> TryFurtherAsync(
        SpendRequest request, CancellationToken cancellationToken)
    {
        var reserved = new List<(ISpendGate Gate, SpendReservation Reservation)>();
        (ISpendGate Gate, SpendRefusal Refusal)? refused = null;
        bool isReserved = false;
        try
        {
            foreach (ISpendGate gate in run.Frame.Path.Gates)
            {
                SpendReservation reservation = await gate.ReserveAsync(request, cancellationToken);
                if (reservation.Refusal is { } refusal)
                {
                    refused = (gate, refusal);
                    break;
                }

                reserved.Add((gate, reservation));
            }

            isReserved = refused is null;
        }
        finally
        {
            if (!isReserved)
            {
                foreach ((ISpendGate gate, SpendReservation reservation) in reserved)
                {
                    await gate.ReleaseAsync(reservation);
                }
            }
        }

        return refused is null ? ([.. reserved], null) : ([], refused);
    }

    /// <summary>Lowers the output of a request on the wire to what was learned, if its answer is the visible stream that was expected.</summary>
    public SpendRequest WithLearned(SpendRequest needed, WireRequest asked) =>
        Learned is { } learned && needed.OutputTokens <= Bound.Tokens && learned < needed.OutputTokens && LearnedReservation.IsVisible(asked) && asked.IsStreaming
            ? needed with { OutputTokens = learned }
            : needed;

    /// <summary>Takes over what another attempt reserved, for settling and renewing it. It is not released with this attempt.</summary>
    public void Adopt(SendCover cover)
    {
        Main = cover;
        foreach ((ISpendGate gate, _) in cover.Reserved)
        {
            Limits ??= gate.LimitsOf(cover.Request.ModelId, cover.Request.Provider);
        }
    }

    /// <summary>Tells the call's record that the gates' money is no longer held.</summary>
    public void Close()
    {
        if (_holds)
        {
            _holds = false;
            Record.Closed(run.Frame.Path.Gates);
        }
    }

    /// <summary>Releases a cover.</summary>
    public static ValueTask ReleaseAsync(SendCover cover) => ReleaseAsync([.. cover.Reserved, .. cover.Added]);

    /// <summary>Releases reservations.</summary>
    public static async ValueTask ReleaseAsync((ISpendGate Gate, SpendReservation Reservation)[] reserved)
    {
        foreach ((ISpendGate gate, SpendReservation reservation) in reserved)
        {
            await gate.ReleaseAsync(reservation);
        }
    }

    /// <summary>Releases what the gates reserved.</summary>
    public async ValueTask ReleaseAsync()
    {
        foreach ((ISpendGate gate, SpendReservation reservation) in Reserved)
        {
            await gate.ReleaseAsync(reservation);
        }

        Close();
        Reserved = [];
        _isEnforced = false;
    }

    /// <summary>After a refusal: lowers the bound where a budget can pay less, waits where others hold the money, and asks again.</summary>
    private async ValueTask<SpendRequest> NegotiateAsync(SpendRequest request, (ISpendGate Gate, SpendRefusal Refusal)? refused)
    {
        long waitStarted = 0;
        bool queued = false;
        int lowered = 0;
        try
        {
            for (; refused is var (gate, refusal); refused = await TryGatesAsync(request))
            {
                await ReleaseAsync();
                bool isHeld = refusal.Reason == RefusalReason.Held;
                long affordable = refusal.PayableOutputTokens;
                if (isHeld)
                {
                    waitStarted = waitStarted == 0 ? run.Clock.GetTimestamp() : waitStarted;
                    TimeSpan patience = refusal.MaxWait - run.Clock.GetElapsedTime(waitStarted);
                    if (run.TimeLeft is { } left && left < patience)
                    {
                        patience = left;
                    }

                    if (patience > TimeSpan.Zero && !Record.AncestorHolds(gate))
                    {
                        queued = true;
                        await WaitAsync(gate, refusal, patience);
                        continue;
                    }

                    affordable = refusal.FreeOutputTokens;
                }

                OutputBound? lower = Bound.IsGiven || refusal.Reason is not (RefusalReason.Spent or RefusalReason.Held)
                    || affordable >= Bound.Tokens || ++lowered > run.Frame.Path.Gates.Length + 1 ? null
                    : affordable >= Bound.Floor ? Bound.LoweredTo(affordable)
                    : run.IsRaw ? null
                    : Bound.WithLowerEffort(affordable, run.Options, request.Estimate, Limits, run.Admission, Thinking);
                if (lower is null)
                {
                    gate.Refused(request, refusal);
                    throw new BudgetExceededException(refusal);
                }

                // A bound that is lowered to what the budget can pay is reserved as a whole.
                Learned = null;
                Bound = lower.Value;
                request = request with { OutputTokens = Bound.Tokens };
            }

            return request;
        }
        finally
        {
            if (waitStarted != 0)
            {
                Waited += run.Clock.GetElapsedTime(waitStarted);
            }

            if (queued)
            {
                foreach (ISpendGate gate in run.Frame.Path.Gates)
                {
                    gate.StopWaiting(Record.CallId);
                }
            }
        }
    }

    /// <summary>All gates or none.</summary>
    /// <returns>What refused; null if all let it pass.</returns>
    private ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> TryGatesAsync(SpendRequest request)
    {
        // Nearly every path has one gate, which mostly answers at once.
        ImmutableArray<ISpendGate> gates = run.Frame.Path.Gates;
        if (gates.Length == 1)
        {
            ValueTask<SpendReservation> reserving = gates[0].ReserveAsync(request, token);
            return reserving.IsCompletedSuccessfully ? new(Take(gates[0], reserving.Result) ?? Passed()) : TryGateAsync(gates[0], reserving);
        }

        return TryGatesAsync(gates, request);
    }

    private async ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> TryGateAsync(ISpendGate gate, ValueTask<SpendReservation> reserving) =>
        Take(gate, await reserving) ?? Passed();

    private async ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> TryGatesAsync(ImmutableArray<ISpendGate> gates, SpendRequest request)
    {
        foreach (ISpendGate gate in gates)
        {
            if (Take(gate, await gate.ReserveAsync(request, token)) is { } refused)
            {
                return refused;
            }
        }

        return Passed();
    }

    /// <summary>Notes what a gate reserved.</summary>
    /// <returns>The gate and why it refused; null if it reserved.</returns>
    private (ISpendGate Gate, SpendRefusal Refusal)? Take(ISpendGate gate, SpendReservation reservation)
    {
        if (reservation.Refusal is { } refusal)
        {
            return (gate, refusal);
        }

        Reserved = [.. Reserved, (gate, reservation)];
        _isEnforced |= reservation.IsEnforced;
        return null;
    }

    /// <summary>Notes that all gates reserved.</summary>
    private (ISpendGate Gate, SpendRefusal Refusal)? Passed()
    {
        _holds = true;
        Record.Opened(run.Frame.Path.Gates);
        return null;
    }

    /// <summary>Waits for others to settle. Nothing is held meanwhile: the slot and the circuit's probe are given back and asked again.</summary>
    private async ValueTask WaitAsync(ISpendGate gate, SpendRefusal refusal, TimeSpan patience)
    {
        entry.Leave();
        using var limit = new CancellationTokenSource(patience, run.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            await gate.WaitAsync(refusal, Record.CallId, either.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // Waited long enough; ask a last time.
        }

        await entry.EnterAsync(run.AttemptTimeout);
    }
}
