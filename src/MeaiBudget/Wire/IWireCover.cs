namespace MeaiBudget;

/// <summary>Pays for the requests of an attempt before they are sent. Implemented by the room that knows budgets.</summary>
internal interface IWireCover
{
    /// <summary>Covers a request that is about to be sent, or refuses it by throwing; the exception passes the SDK as it is.</summary>
    /// <remarks>
    /// Called once for each send of the attempt, perhaps by several threads at once. An exception that derives from
    /// <see cref="HttpRequestException"/>, <see cref="IOException"/> or <see cref="OperationCanceledException"/> would make SDKs send again.
    /// </remarks>
    /// <param name="exchange">The send, with what it asks; <see cref="WireExchange.Cover"/> is the implementation's own.</param>
    /// <param name="cancellationToken">Cancels the send.</param>
    /// <returns>When the request may be sent.</returns>
    ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken);
}

/// <summary>Stops the first send of an attempt to see what it asks: an attempt with this cover never reaches the provider.</summary>
internal sealed class WireProbe : IWireCover
{
    /// <summary>The probe; it has no state.</summary>
    public static readonly WireProbe Instance = new();

    private WireProbe()
    {
    }

    /// <inheritdoc/>
    public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return ValueTask.FromException(new WireProbeException(exchange.Request));
    }
}

/// <summary>The request was read and not sent.</summary>
internal sealed class WireProbeException(WireRequest request) : InvalidOperationException("The request was read to see what it asks for, and was not sent.")
{
    /// <summary>Gets what the request asks.</summary>
    public WireRequest Request { get; } = request;
}
