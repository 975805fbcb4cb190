using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The way of one attempt to the provider: circuit, the route's slot, gates. All gates or none; where others hold the money it
/// waits with nothing in hand, and where a budget can pay less it lowers the output bound.
/// </summary>
internal sealed class AttemptAdmission
{
    private readonly CandidateRun _run;
    private readonly CancellationToken _token;
    private int _hasSlot;
    private bool _holds;
    private bool _entered;
    private bool _isProbe;
    private bool _isEnforced;

    public AttemptAdmission(CandidateRun run, int number, CancellationToken token)
    {
        _run = run;
        Number = number;
        _token = token;
        Waited = run.Waited;
    }

    /// <summary>The number of the attempt within the call, from 1.</summary>
    public int Number { get; }

    /// <summary>What each gate reserved.</summary>
    public (ISpendGate Gate, SpendReservation Reservation)[] Reserved { get; private set; } = [];

    /// <summary>The output bound that was reserved.</summary>
    public OutputBound Bound { get; private set; }

    /// <summary>The output tokens after which an enforcing budget cuts a stream; null if none stands behind it.</summary>
    public long? OutputLimit => _isEnforced ? Bound.Tokens : null;

    /// <summary>How long was waited: for the retry's turn, and for others' money.</summary>
    public TimeSpan Waited { get; private set; }

    private CallRecord Record => _run.Record;

    private AttemptRoute Route => _run.Route;

    /// <summary>An open tool loop that is to be wrapped up keeps money back for its closing answer.</summary>
    private bool KeepsBackForClosing =>
        _run.Frame is { Exceeded: ExceededBehavior.WrapUp, IsClosing: false }
        && _run.Options is { Tools.Count: > 0, ToolMode: not NoneChatToolMode };

    /// <summary>Passes circuit, slot and gates. What it throws was refused; the caller gives back what was taken.</summary>
    /// <returns>The options to send.</returns>
    public async ValueTask<ChatOptions?> PassAsync()
    {
        _token.ThrowIfCancellationRequested();
        await EnterAsync();
        if (_run.Frame.Gates.IsEmpty)
        {
            if (!_run.Frame.Estimators.IsEmpty)
            {
                await _run.EstimateAsync();
            }

            return _run.Options;
        }

        TokenEstimate estimate = await _run.EstimateAsync();
        string modelId = _run.ModelId ?? "";
        ModelLimits? limits = null;
        PriceCatalog? catalog = null;
        foreach (ISpendGate gate in _run.Frame.Gates)
        {
            limits ??= gate.LimitsOf(modelId, Route.Metadata?.ProviderName);
            catalog ??= gate.Catalog;
        }

        Bound = OutputBound.For(_run.Options, estimate, limits, _run.Admission, Route.Provider?.DefaultOutputTokens);
        var request = new SpendRequest
        {
            CallId = Record.CallId,
            Attempt = Number,
            ModelId = modelId,
            RequestedModelId = Record.RequestedModelId,
            Provider = Route.Metadata?.ProviderName,
            ProviderUri = Route.Metadata?.ProviderUri,
            Route = Route.Name,
            ModelClass = Route.ModelClass,
            IsFree = Route.IsLocal,
            Tags = CallTags.Of(_run.Options),
            Estimate = estimate,
            OutputTokens = Bound.Tokens,
            Lease = _run.Admission.Lease,
            Run = _run.Frame.Run,
            Closing = KeepsBackForClosing
                ? new ClosingReserve(_run.Admission.ToolResultAllowance, Math.Min(_run.Admission.OutputFloor, Bound.Tokens))
                : null,
            Catalog = catalog,
            ReportsRefusal = true,
        };
        if (await TryGatesAsync(request) is { } refused)
        {
            await NegotiateAsync(request, refused);
        }

        return OutputLimit is null ? _run.Options : Bound.Apply(_run.Options);
    }

    /// <summary>Tells the circuit that the provider answered.</summary>
    public void Succeeded(DateTimeOffset now)
    {
        Route.Circuit.Succeeded(now, _isProbe);
        _entered = false;
    }

    /// <summary>Tells the circuit that a stream has begun: a probe has found out what it was sent for.</summary>
    public void ContentBegan()
    {
        if (_entered && _isProbe)
        {
            Route.Circuit.Succeeded(_run.Clock.GetUtcNow(), wasProbe: true);
            _isProbe = false;
        }
    }

    /// <summary>Tells the circuit what went wrong, if the attempt got that far.</summary>
    public void Failed(ChatFailure failure)
    {
        if (_entered)
        {
            Route.Circuit.Failed(_run.Clock.GetUtcNow(), failure, _isProbe);
            _entered = false;
        }
    }

    /// <summary>Gives everything back.</summary>
    public async ValueTask GiveBackAsync()
    {
        Leave();
        await ReleaseGatesAsync();
    }

    /// <summary>Gives slot and circuit back, if they are still held.</summary>
    public void Leave()
    {
        LeaveSlot();
        if (_entered)
        {
            _entered = false;
            Route.Circuit.Leave(_isProbe);
        }
    }

    /// <summary>Tells the call's record that the gates' money is no longer held.</summary>
    public void Close()
    {
        if (_holds)
        {
            _holds = false;
            Record.Closed(_run.Frame.Gates);
        }
    }

    /// <summary>Releases what the gates reserved.</summary>
    public async ValueTask ReleaseGatesAsync()
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
    private async ValueTask NegotiateAsync(SpendRequest request, (ISpendGate Gate, SpendRefusal Refusal)? refused)
    {
        long waitStarted = 0;
        bool queued = false;
        int lowered = 0;
        try
        {
            for (; refused is var (gate, refusal); refused = await TryGatesAsync(request))
            {
                await ReleaseGatesAsync();
                bool isHeld = refusal.Reason == RefusalReason.Held;
                long affordable = refusal.PayableOutputTokens;
                if (isHeld)
                {
                    waitStarted = waitStarted == 0 ? _run.Clock.GetTimestamp() : waitStarted;
                    TimeSpan patience = refusal.MaxWait - _run.Clock.GetElapsedTime(waitStarted);
                    if (_run.TimeLeft is { } left && left < patience)
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

                if (Bound.IsGiven || refusal.Reason is not (RefusalReason.Spent or RefusalReason.Held)
                    || affordable < Bound.Floor || affordable >= Bound.Tokens || ++lowered > _run.Frame.Gates.Length + 1)
                {
                    gate.Refused(request, refusal);
                    throw new BudgetExceededException(refusal);
                }

                Bound = Bound.LoweredTo(affordable);
                request = request with { OutputTokens = Bound.Tokens };
            }
        }
        finally
        {
            if (waitStarted != 0)
            {
                Waited += _run.Clock.GetElapsedTime(waitStarted);
            }

            if (queued)
            {
                foreach (ISpendGate gate in _run.Frame.Gates)
                {
                    gate.StopWaiting(Record.CallId);
                }
            }
        }
    }

    /// <summary>All gates or none.</summary>
    /// <returns>What refused; null if all let it pass.</returns>
    private async ValueTask<(ISpendGate Gate, SpendRefusal Refusal)?> TryGatesAsync(SpendRequest request)
    {
        foreach (ISpendGate gate in _run.Frame.Gates)
        {
            SpendReservation reservation = await gate.ReserveAsync(request, _token);
            if (reservation.Refusal is { } refusal)
            {
                return (gate, refusal);
            }

            Reserved = [.. Reserved, (gate, reservation)];
            _isEnforced |= reservation.IsEnforced;
        }

        _holds = true;
        Record.Opened(_run.Frame.Gates);
        return null;
    }

    /// <summary>Waits for others to settle. Nothing is held meanwhile: the slot and the circuit's probe are given back and asked again.</summary>
    private async ValueTask WaitAsync(ISpendGate gate, SpendRefusal refusal, TimeSpan patience)
    {
        Leave();
        using var limit = new CancellationTokenSource(patience, _run.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _token);
        try
        {
            await gate.WaitAsync(refusal, Record.CallId, either.Token);
        }
        catch (OperationCanceledException) when (!_token.IsCancellationRequested)
        {
            // Waited long enough; ask a last time.
        }

        await EnterAsync();
    }

    private ValueTask EnterAsync()
    {
        EnterCircuit();
        return Route.Slots is { } slots ? TakeSlotAsync(slots) : ValueTask.CompletedTask;
    }

    private async ValueTask TakeSlotAsync(SemaphoreSlim slots)
    {
        bool hadToWait = !slots.Wait(0, CancellationToken.None);
        if (hadToWait)
        {
            await slots.WaitAsync(_token);
        }

        // A stream whose caller went away without a word gives its slot back when its time is up.
        _hasSlot = 1;
        _token.UnsafeRegister(static admission => ((AttemptAdmission)admission!).LeaveSlot(), this);
        if (hadToWait && !_isProbe)
        {
            // Those before it in the queue may have found the route down.
            EnterCircuit();
        }
    }

    private void EnterCircuit()
    {
        // Whoever finds the circuit closed need not know the time.
        _entered = _isProbe = false;
        if (Route.Circuit.State != CircuitState.Closed
            && !Route.Circuit.TryEnter(_run.Clock.GetUtcNow(), out _isProbe, out TimeSpan retryAfter, _run.AttemptTimeout))
        {
            throw new CircuitOpenException(Route.Name, retryAfter);
        }

        _entered = true;
    }

    private void LeaveSlot()
    {
        if (Interlocked.Exchange(ref _hasSlot, 0) != 0)
        {
            Route.Slots!.Release();
        }
    }
}
