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
    private readonly AttemptAdmission _admission;
    private readonly TimeSpan _limit;
    private readonly long _began;
    private long _timeToFirstContent = -1;
    private bool _isShortened;
    private volatile bool _isOutOfTime;
    private bool _ended;

    // Timestamps, zero before: when it was sent, and when it was answered or out of time.
    private long _sentAt;
    private long _overAt;

    public Attempt(CandidateRun run)
    {
        _run = run;
        _activity = CallActivity.StartAttempt(run.ParentActivity);
        Wire = run.Route.Classifier is null && !WireObservation.HasObservers ? null : new WireObservation(Token);
        _admission = new AttemptAdmission(run, run.Record.NextAttempt(), Token);
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

    /// <summary>Whether it was let through to the provider's client.</summary>
    public bool WasSent => _sentAt != 0;

    /// <summary>What went over the wire, where the client lets it be seen.</summary>
    public WireObservation? Wire { get; }

    /// <summary>The output tokens after which an enforcing budget cuts a stream; null if none stands behind it.</summary>
    public long? OutputLimit => _admission.OutputLimit;

    /// <summary>Whether the provider has the word, and not a stream's caller.</summary>
    public bool IsWaiting { get; set; } = true;

    /// <summary>Whether a stream was read since its leases were renewed.</summary>
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

    /// <summary>Told when the first content of a stream comes: the provider is up, however long the rest may take.</summary>
    public void ContentBegan(TimeSpan elapsed)
    {
        _timeToFirstContent = elapsed.Ticks;
        _admission.ContentBegan();
        ExpectWithin(null);
    }

    /// <summary>Throws what says who cancelled: the attempt's time that ran out, or the caller, by the caller's own token and not by one of ours.</summary>
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
                $"Route '{Route.Name}' did not answer within {lasted.TotalSeconds:0.###} s. RetryOptions say how long attempts may take.");
            thrown = new TaskCanceledException(message, new TimeoutException(message, cancelled));
        }
        else
        {
            return;
        }

        ChatFailures.Attach(thrown, failure);
        throw thrown;
    }

    /// <summary>Passes circuit, slot and gates. What it throws was refused, and nothing is held any more.</summary>
    /// <returns>The options to send.</returns>
    public async ValueTask<ChatOptions?> AdmitAsync()
    {
        try
        {
            ChatOptions? options = await _admission.PassAsync();
            _sentAt = _run.Clock.GetTimestamp();
            _run.Sent();
            return options;
        }
        catch (Exception exception)
        {
            await _admission.GiveBackAsync();
            _ended = true;
            Note(exception);
            throw;
        }
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
    /// Renews what the attempt holds while it waits for the provider. A stream whose caller has the word is renewed only if it was read
    /// since the last time: one that was left without a word keeps no money until its time-out.
    /// </summary>
    internal override void Renew()
    {
        if (!IsWaiting && !WasRead)
        {
            return;
        }

        WasRead = false;
        foreach ((ISpendGate gate, SpendReservation reservation) in _admission.Reserved)
        {
            // Fire and forget: a renewal that fails leaves the lease to expire, which charges in full.
            _ = RenewAsync(gate, reservation);
        }
    }

    public void Dispose()
    {
        Watch.Remove(this);
        _activity?.Dispose();
        _callerRegistration.Dispose();
        _cancellation.Dispose();
    }

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
