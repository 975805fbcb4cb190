namespace MeaiBudget;

/// <summary>
/// Reserves more output while a stream runs whose reservation was learned (<see cref="OutputReservation.Learned"/>): two seconds before the
/// reserved output would be used up, by the speed at which it arrives. The stream does not wait for it.
/// </summary>
/// <remarks>
/// The methods are called by the flow that reads the stream. A step that a ledger answers later ends on another thread; if the attempt has
/// ended by then, its money is released.
/// </remarks>
/// <param name="gates">The attempt's reservations.</param>
/// <param name="sends">The requests that the attempt sends; null if no HTTP handler of ours sees them.</param>
/// <param name="clock">The clock of the call.</param>
internal sealed class OutputSteps(GateReservations gates, AttemptSends? sends, TimeProvider clock)
{
    /// <summary>The fewest tokens that are worth a step.</summary>
    private const long Fewest = 16;

    /// <summary>How far ahead a step is taken.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(2);

    /// <summary>The shortest time in which a speed can be measured.</summary>
    private static readonly TimeSpan Measurable = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a stream goes on beyond its reservation while the ledger does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private bool _isClosed;
    private long _began;
    private long _ahead = Fewest;
    private (long Timestamp, long Tokens) _last;
    private (ISpendGate Gate, SpendRequest Request, SpendRefusal Refusal)? _refused;
    private volatile Task _pending = Task.CompletedTask;
    private long _askedAt;
    private int _refusals;
    private int _triesAtBound;
    private long _nextLook;

    /// <summary>The received tokens at which they are to be counted again.</summary>
    public long NextLook => Volatile.Read(ref _nextLook);

    /// <summary>The output tokens that are reserved now.</summary>
    public long Reserved => Cover?.Request.OutputTokens ?? 0;

    /// <summary>The reservations of the request whose answer arrives.</summary>
    private SendCover? Cover => sends?.Final?.Cover as SendCover ?? gates.Main;

    private long Limit => gates.Bound.Tokens;

    /// <summary>Begins to measure, with the first content.</summary>
    public void Begin()
    {
        _began = clock.GetTimestamp();
        _last = (_began, 0);

        // Bytes are several times as many as tokens, so that the first count comes early.
        Volatile.Write(ref _nextLook, Reserved / 4);
    }

    /// <summary>Takes a step if the reserved output would be used up within two seconds.</summary>
    /// <param name="received">The output tokens that have arrived.</param>
    public void Look(long received)
    {
        long reserved = Reserved;
        if (reserved >= Limit)
        {
            Volatile.Write(ref _nextLook, long.MaxValue);
            return;
        }

        if (!_pending.IsCompleted)
        {
            Volatile.Write(ref _nextLook, Math.Max(reserved, received + Fewest));
            return;
        }

        Measure(received);
        long due = reserved - _ahead;
        if (_refusals > 0)
        {
            // Others may have settled meanwhile: it is asked again for half as much, each time half as far from the bound.
            due = Math.Max(due, reserved - (_ahead >> Math.Min(_refusals, 30)));
        }

        if (received < due)
        {
            Volatile.Write(ref _nextLook, Math.Max(due, received + Fewest));
            return;
        }

        long wanted = Math.Max(received + (2 * _ahead), reserved + Math.Max(Fewest, reserved / 4));
        int halvings = Math.Min(_refusals, 30);
        Take(reserved + Math.Max(Fewest, (wanted - reserved) >> halvings));
        Volatile.Write(ref _nextLook, Math.Max(reserved - (_ahead >> (halvings + 1)), received + Fewest));
    }

    /// <summary>Says whether a stream goes on that has used up what is reserved: while a step is not answered, and if a last one is admitted.</summary>
    /// <param name="received">The output tokens that have arrived.</param>
    /// <param name="limitOf">Computes the tokens at which a stream is cut from those that are reserved.</param>
    public bool GoesOn(long received, Func<long, long> limitOf)
    {
        while (true)
        {
            if (!_pending.IsCompleted)
            {
                return clock.GetElapsedTime(_askedAt) < Patience;
            }

            long reserved = Reserved;
            if (received <= limitOf(reserved))
            {
                return true;
            }

            if (reserved >= Limit || _triesAtBound >= 2)
            {
                return false;
            }

            Take(received + (_triesAtBound++ == 0 ? Math.Max(Fewest, _ahead) : Fewest));
        }
    }

    /// <summary>Reports the refusal for which the stream is cut to the budget that refused, once.</summary>
    /// <returns>The refusal; null if the stream is cut for another reason, for example because the ledger does not answer.</returns>
    public SpendRefusal? ReportCut()
    {
        (ISpendGate Gate, SpendRequest Request, SpendRefusal Refusal)? refused;
        lock (_lock)
        {
            refused = _refused;
            _refused = null;
        }

        refused?.Gate.Refused(refused.Value.Request, refused.Value.Refusal);
        return refused?.Refusal;
    }

    /// <summary>Ends the steps. One that is not answered yet is released when it is.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    private void Measure(long received)
    {
        long now = clock.GetTimestamp();
        TimeSpan all = clock.GetElapsedTime(_began, now);
        if (all < Measurable)
        {
            _ahead = Math.Max(Fewest, Reserved / 4);
            return;
        }

        double speed = received / all.TotalSeconds;
        TimeSpan recent = clock.GetElapsedTime(_last.Timestamp, now);
        if (recent >= Measurable)
        {
            speed = Math.Max(speed, (received - _last.Tokens) / recent.TotalSeconds);
            _last = (now, received);
        }

        _ahead = Math.Clamp((long)(speed * Ahead.TotalSeconds), Fewest, Math.Max(Fewest, Limit));
    }

    private void Take(long wanted)
    {
        if (Cover is not { } cover)
        {
            return;
        }

        SpendRequest covered = cover.Request;
        SpendRequest request = covered with { OutputTokens = Math.Min(Limit, wanted), Part = gates.NextPart(), Covered = covered, IsStep = true };
        _askedAt = clock.GetTimestamp();
        _pending = TakeAsync(cover, covered, request);
    }

    private async Task TakeAsync(SendCover cover, SpendRequest covered, SpendRequest request)
    {
        (ISpendGate Gate, SpendReservation Reservation)[] added;
        (ISpendGate Gate, SpendRefusal Refusal)? refused;
        try
        {
            (added, refused) = await gates.TryFurtherAsync(request, CancellationToken.None);
        }
#pragma warning disable CA1031 // Whatever fails, the answer must not fail with it: it goes on with what is reserved.
        catch (Exception)
#pragma warning restore CA1031
        {
            _refusals++;
            return;
        }

        if (refused is { } by)
        {
            lock (_lock)
            {
                _refused = (by.Gate, request, by.Refusal);
            }

            _refusals++;
            return;
        }

        bool isAdded = false;
        lock (_lock)
        {
            if (!_isClosed)
            {
                SpendRequest extended = covered with { OutputTokens = request.OutputTokens };
                isAdded = TryExtend(cover, extended, added);
                if (isAdded)
                {
                    (_refusals, _triesAtBound, _refused) = (0, 0, null);
                }
            }
        }

        if (!isAdded)
        {
            await GateReservations.ReleaseAsync(added);
        }
    }

    private bool TryExtend(SendCover cover, SpendRequest extended, (ISpendGate Gate, SpendReservation Reservation)[] added)
    {
        if (sends is not null)
        {
            return sends.TryExtend(cover, extended, added);
        }

        cover.Extend(extended, added);
        return true;
    }
}
