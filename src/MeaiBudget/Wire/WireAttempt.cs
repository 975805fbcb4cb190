namespace MeaiBudget;

/// <summary>One attempt as the wire sees it: every request that is sent for it, however often the SDK or a handler sends.</summary>
/// <remarks>
/// The runner makes it, sets <see cref="Current"/> before it calls the client, reads <see cref="Exchanges"/> afterwards and disposes it.
/// The handler looks <see cref="Current"/> up when a request is sent, and never while an answer is read. Thread-safe: a hedging
/// handler sends in parallel.
/// </remarks>
internal sealed class WireAttempt : IDisposable
{
    private static readonly AsyncLocal<WireAttempt?> Ambient = new();

    private readonly IWireCover _cover;
    private WireExchange? _first;
    private List<WireExchange>? _exchanges;
    private Exception? _refusal;
    private volatile bool _isClosed;

    /// <summary>Makes an attempt.</summary>
    /// <param name="cover">Pays for its requests.</param>
    /// <param name="limits">The limits of its answers; those of the handler if there are none.</param>
    /// <param name="timeProvider">The clock; the system's if there is none.</param>
    /// <param name="cancellationToken">Cancels reads of its answers that an SDK makes without a token.</param>
    public WireAttempt(IWireCover cover, WireLimits? limits = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cover);
        _cover = cover;
        Limits = limits;
        TimeProvider = timeProvider ?? TimeProvider.System;
        CancellationToken = cancellationToken;
    }

    /// <summary>Gets or sets the attempt that is running; <see langword="null"/> outside one.</summary>
    public static WireAttempt? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    /// <summary>Gets the limits of its answers; <see langword="null"/> for those of the handler.</summary>
    public WireLimits? Limits { get; }

    /// <summary>True if a budget reserves for the requests of the attempt.</summary>
    public bool IsBudgeted { get; init; } = true;

    /// <summary>True if the caller asked for a stream. It stands for what a request says that is not read.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Gets what cancels reads that are made without a token.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Gets a value indicating whether the attempt ended: later sends are refused.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>True if no request of the attempt reached the handler.</summary>
    public bool IsUnused => Volatile.Read(ref _first) is null;

    /// <summary>The last request that was answered; null if none was.</summary>
    public WireExchange? LastAnswered
    {
        get
        {
            lock (this)
            {
                return _exchanges?.FindLast(static exchange => exchange.StatusCode is not null) ?? (_first is { StatusCode: not null } ? _first : null);
            }
        }
    }

    /// <summary>Gets the exception with which the cover refused a send, the last if there were several; <see langword="null"/> if it refused none.</summary>
    /// <remarks>What comes out of an SDK may be another exception: this one counts.</remarks>
    public Exception? Refusal => Volatile.Read(ref _refusal);

    /// <summary>Gets the sends so far, in order, refused ones included.</summary>
    public IReadOnlyList<WireExchange> Exchanges
    {
        get
        {
            lock (this)
            {
                return _exchanges is not null ? [.. _exchanges] : _first is not null ? [_first] : [];
            }
        }
    }

    /// <summary>Gets the number of requests that were handed to the handler that sends.</summary>
    public int SentCount
    {
        get
        {
            if (Volatile.Read(ref _exchanges) is null)
            {
                return Volatile.Read(ref _first) is { IsSent: true } ? 1 : 0;
            }

            lock (this)
            {
                int count = 0;
                for (int index = 0; index < Count; index++)
                {
                    count += At(index).IsSent ? 1 : 0;
                }

                return count;
            }
        }
    }

    private int Count => _exchanges?.Count ?? (_first is null ? 0 : 1);

    /// <summary>Finds the last send that the provider answered to the end; else the last that it answered; else the last whose billing is unclear; else the last that was rejected; else the last.</summary>
    public WireExchange? FindFinal()
    {
        if (Volatile.Read(ref _exchanges) is null)
        {
            return Volatile.Read(ref _first);
        }

        lock (this)
        {
            WireExchange? final = null;
            int highest = 0;
            for (int index = 0; index < Count; index++)
            {
                int rank = At(index).Billing switch
                {
                    WireBilling.Answered => At(index).Answer is { IsComplete: true } ? 4 : 3,
                    WireBilling.Unclear => 2,
                    WireBilling.NotBilled => 1,
                    _ => 0,
                };
                if (rank >= highest)
                {
                    (final, highest) = (At(index), rank);
                }
            }

            return final;
        }
    }

    /// <summary>Refuses later sends: what is sent now is all that the attempt sends. Answers can still be read.</summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        lock (this)
        {
            _isClosed = true;
        }
    }

    /// <summary>Ends the attempt: answers that were left are closed, later sends are refused. A second call does nothing.</summary>
    public void Dispose()
    {
        Close();
        if (Volatile.Read(ref _exchanges) is null)
        {
            // After it was closed no other exchange begins.
            _first?.Dispose();
            return;
        }

        foreach (WireExchange exchange in Exchanges)
        {
            exchange.Dispose();
        }
    }

    private WireExchange At(int index) => _exchanges is null ? _first! : _exchanges[index];

    /// <summary>Begins a send.</summary>
    /// <exception cref="WireSendException">The attempt ended.</exception>
    internal WireExchange Begin(WireRequest request, HttpRequestMessage message)
    {
        if (request.Protocol is WireProtocol.AnthropicMessages or WireProtocol.GeminiContent or WireProtocol.ChatCompletions && WireHeaders.TierOf(message.Headers) is { } tier
            && (request.ServiceTier is null || WireRequestValues.Rank(tier) > WireRequestValues.Rank(request.ServiceTier)))
        {
            request = request with { ServiceTier = tier };
        }

        lock (this)
        {
            if (_isClosed)
            {
                throw WireSendException.Closed();
            }

            var exchange = new WireExchange(this, _exchanges?.Count + 1 ?? (_first is null ? 1 : 2), request)
            {
                Message = message,
                IsOfHandler = _first is not null && RepeatsOrOvertakes(message),
            };
            if (_first is null)
            {
                Volatile.Write(ref _first, exchange);
            }
            else
            {
                // Others look at the list without the lock to see that there is one.
                List<WireExchange> all = _exchanges ?? [_first];
                all.Add(exchange);
                Volatile.Write(ref _exchanges, all);
            }

            return exchange;
        }
    }

    /// <summary>True if the request was sent before, or another one is not answered yet.</summary>
    private bool RepeatsOrOvertakes(HttpRequestMessage message)
    {
        for (int index = 0; index < Count; index++)
        {
            WireExchange earlier = At(index);
            if (ReferenceEquals(earlier.Message, message) || (earlier.IsSent && !earlier.IsOver))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lets a send go, unless the attempt ended: then whoever settles it no longer sees the send.</summary>
    /// <exception cref="WireSendException">The attempt ended.</exception>
    internal void Send(WireExchange exchange)
    {
        lock (this)
        {
            if (_isClosed)
            {
                throw WireSendException.Closed();
            }

            exchange.MarkSent();
        }
    }

    /// <summary>Asks the cover, and keeps its refusal.</summary>
    internal ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken)
    {
        ValueTask covering;
        try
        {
            covering = _cover.CoverAsync(exchange, cancellationToken);
        }
        catch (Exception refusal)
        {
            Refuse(refusal);
            throw;
        }

        return covering.IsCompletedSuccessfully ? covering : KeepRefusalAsync(covering);
    }

    private async ValueTask KeepRefusalAsync(ValueTask covering)
    {
        try
        {
            await covering.ConfigureAwait(false);
        }
        catch (Exception refusal)
        {
            Refuse(refusal);
            throw;
        }
    }

    private void Refuse(Exception refusal)
    {
        lock (this)
        {
            _refusal = refusal;
        }
    }
}
