using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// One attempt, from the circuit to the settlement. The order is: circuit, the route's slot, gates, send; then settle or
/// release, exactly once, whatever happened.
/// </summary>
internal sealed partial class Attempt : AttemptWatch.Watched, IDisposable
{
    private readonly CandidateRun _run;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationTokenRegistration _callerRegistration;
    private readonly Activity? _activity;
    private readonly RouteEntry _entry;

    // Null if nothing reserves for the attempt.
    private readonly GateReservations? _gates;
    private readonly int _number;
    private readonly TimeSpan _limit;
    private readonly long _began;
    private long _timeToFirstContent = -1;
    private bool _isShortened;
    private volatile bool _isOutOfTime;
    private bool _ended;

    // A usage, if it differs from what is settled: rare, and a usage has many fields.
    private object? _clientUsage;

    // Why the stream was cut: the refusal of more output than was learned.
    private SpendRefusal? _cutBy;

    // Timestamps, zero before: when it was sent, and when it was answered or out of time.
    private long _sentAt;
    private long _overAt;

    public Attempt(CandidateRun run)
    {
        _run = run;
        _activity = CallActivity.StartAttempt(run.ParentActivity);
        _number = run.Record.NextAttempt();
        _entry = new RouteEntry(run.Route, run.Clock, Token);
        _gates = run.Frame.Path.Gates.IsEmpty && !run.IsPoll ? null : new GateReservations(run, _entry, _number, Token);
        Sends = ChatWireHandler.IsInUse ? new AttemptSends(run, _gates, Token) : null;
        _limit = run.AttemptTimeout;
        _began = run.Clock.GetTimestamp();
        if (_limit <= TimeSpan.Zero)
        {
            _isOutOfTime = true;
            _overAt = _began;
            _cancellation.Cancel();
            return;
        }

        if (run.CallerToken.CanBeCanceled)
        {
            _callerRegistration = run.CallerToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
        }

        Watch.Add(this, _limit, _began);
    }

    /// <summary>Cancelled by the caller or by the attempt's time-out.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>True once the request was passed to the provider's client.</summary>
    public bool WasSent => _sentAt != 0;

    /// <summary>The requests that the attempt sends; null if no HTTP handler of ours exists in the process.</summary>
    public AttemptSends? Sends { get; }

    /// <summary>The output tokens after which an enforcing budget cuts a stream; null if none stands behind it.</summary>
    public long? OutputLimit => Steps is { } steps && _gates?.OutputLimit is not null ? steps.Reserved : _gates?.OutputLimit;

    /// <summary>Reserves more output while the stream runs; null if all of it is reserved.</summary>
    public OutputSteps? Steps { get; private set; }

    /// <summary>The bytes of text that the client passed on before the attempt failed.</summary>
    public long ShownBytes { get; set; }

    /// <summary>True while waiting for the provider; false while the caller processes an update.</summary>
    public bool IsWaiting { get; set; } = true;

    /// <summary>True if the caller has read from the stream since its leases were last renewed.</summary>
    public bool WasRead { get; set; }

    private CallRecord Record => _run.Record;

    private AttemptRoute Route => _run.Route;

    private AttemptWatch Watch => Record.Setup.Watch;

    /// <summary>Shortens the time-out to a silence; null gives back the whole rest of the attempt's time.</summary>
    public void ExpectWithin(TimeSpan? silence)
    {
        if (silence is null && !_isShortened)
        {
            return;
        }

        _isShortened = silence is not null;
        TimeSpan left = _limit - _run.Clock.GetElapsedTime(_began);
        TimeSpan due = silence < left ? silence.Value : left;
        Watch.Expect(this, due > TimeSpan.Zero ? due : TimeSpan.Zero);
    }

    /// <summary>Notes the first content of a stream: the provider is up, however long the rest may take.</summary>
    public void ContentBegan(TimeSpan elapsed)
    {
        _timeToFirstContent = elapsed.Ticks;
        _entry.ContentBegan();
        ExpectWithin(null);
    }

    /// <summary>Throws a cancellation that names its cause: the attempt's time-out, or the caller by the caller's own token. Returns if the exception is neither.</summary>
    public void ThrowIfCancelled(Exception exception, ChatFailure failure)
    {
        if (exception is not OperationCanceledException cancelled)
        {
            return;
        }

        TaskCanceledException thrown;
        if (failure.Kind == ChatFailureKind.Cancelled && cancelled.CancellationToken != _run.CallerToken)
        {
            thrown = new TaskCanceledException(cancelled.Message, cancelled, _run.CallerToken);
        }
        else if (failure.Kind == ChatFailureKind.Timeout && _isOutOfTime)
        {
            TimeSpan lasted = _run.Clock.GetElapsedTime(_began, _overAt);
            string message = string.Create(
                CultureInfo.InvariantCulture,
                $"Route '{Route.Name}' did not answer within {lasted.TotalSeconds:0.###} s. Raise RetryOptions.{TimeoutOption} if answers need longer.");
            thrown = new TaskCanceledException(message, new TimeoutException(message, cancelled));
        }
        else
        {
            return;
        }

        ChatFailures.Attach(thrown, failure);
        throw thrown;
    }

    /// <summary>Passes the circuit, takes a slot of the route and reserves at the gates. If it throws, nothing is held any more.</summary>
    /// <returns>The options to send.</returns>
    public ValueTask<ChatOptions?> AdmitAsync()
    {
        // Mostly nothing is waited for, and no asynchronous method is needed.
        ValueTask<ChatOptions?> admitting;
        try
        {
            Token.ThrowIfCancellationRequested();
            ValueTask entering = _entry.EnterAsync(_run.AttemptTimeout);
            admitting = entering.IsCompletedSuccessfully ? ReserveAsync() : ReserveAfterAsync(entering);
            if (admitting.IsCompletedSuccessfully)
            {
                return new(Admitted(admitting.Result));
            }
        }
        catch (Exception exception)
        {
            admitting = ValueTask.FromException<ChatOptions?>(exception);
        }

        return AdmitAsync(admitting);
    }

    private async ValueTask<ChatOptions?> AdmitAsync(ValueTask<ChatOptions?> admitting)
    {
        try
        {
            return Admitted(await admitting);
        }
        catch (Exception exception)
        {
            _entry.Leave();
            if (_gates is not null)
            {
                await _gates.ReleaseAsync();
            }

            _ended = true;
            Note(exception);
            throw;
        }
    }

    private async ValueTask<ChatOptions?> ReserveAfterAsync(ValueTask entering)
    {
        await entering;
        return await ReserveAsync();
    }

    private ValueTask<ChatOptions?> ReserveAsync()
    {
        if (_run.IsPoll)
        {
            return AdmitPollAsync();
        }

        if (_gates is { } gates)
        {
            return gates.ReserveAsync();
        }

        if (_run.Frame.Path.Estimators.IsEmpty)
        {
            return new(_run.Options);
        }

        ValueTask<TokenEstimate> estimating = _run.EstimateAsync();
        return estimating.IsCompletedSuccessfully ? new(_run.Options) : OptionsAfterAsync(estimating);
    }

    private async ValueTask<ChatOptions?> OptionsAfterAsync(ValueTask<TokenEstimate> estimating)
    {
        await estimating;
        return _run.Options;
    }

    private ChatOptions? Admitted(ChatOptions? options)
    {
        if (!_run.IsPoll && _gates is { Main: { } cover } gates)
        {
            Sends?.Begin(cover);
            Steps = gates.Learned is null ? null : new OutputSteps(gates, Sends, _run.Clock);
        }

        _sentAt = _run.Clock.GetTimestamp();
        _run.Sent();
        return options;
    }

    internal override void OutOfTime()
    {
        _overAt = _run.Clock.GetTimestamp();
        _isOutOfTime = true;
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in the same moment.
        }
        catch (AggregateException)
        {
            // What others do when the token is cancelled failed: no reason to end the process.
        }
    }

    /// <summary>
    /// Renews the leases while the attempt waits for the provider. While the caller of a stream processes an update, they are renewed
    /// only if the stream was read since the last time, so that a stream that its caller abandoned does not hold money until its time-out.
    /// </summary>
    internal override void Renew()
    {
        if (!IsWaiting && !WasRead)
        {
            return;
        }

        WasRead = false;
        foreach (SendCover cover in Covers)
        {
            foreach ((ISpendGate gate, SpendReservation reservation) in cover.Reserved.Concat(cover.Added))
            {
                // Fire and forget: a renewal that fails leaves the lease to expire, which charges in full.
                _ = RenewAsync(gate, reservation);
            }
        }
    }

    /// <summary>What pays for the attempt's requests.</summary>
    private SendCover[] Covers => Sends?.Covers is { Length: > 0 } covers ? covers : _gates?.Main is { } main ? [main] : [];

    /// <summary>The only cover; null if there is none, or more than one.</summary>
    private SendCover? OnlyCover => Sends?.Covers is { Length: > 0 } covers ? (covers.Length == 1 ? covers[0] : null) : _gates?.Main;

    public void Dispose()
    {
        Watch.Remove(this);
        Sends?.Dispose();
        _activity?.Dispose();
        _callerRegistration.Dispose();
        _cancellation.Dispose();
    }

    /// <summary>The option whose time-out the attempt ran into.</summary>
    private string TimeoutOption =>
        _isShortened ? (_timeToFirstContent < 0 ? nameof(IAttemptRetryPolicy.FirstContentTimeout) : nameof(IAttemptRetryPolicy.UpdateTimeout))
        : _limit < _run.Policy?.AttemptTimeout ? nameof(IAttemptRetryPolicy.TotalTimeout)
        : nameof(IAttemptRetryPolicy.AttemptTimeout);

    private async Task RenewAsync(ISpendGate gate, SpendReservation reservation)
    {
        try
        {
            await gate.RenewAsync(reservation, _run.Admission.Lease, CancellationToken.None);
        }
        catch (SpendLedgerException)
        {
            // The lease then expires and charges in full; the settlement replaces that.
        }
    }
}
