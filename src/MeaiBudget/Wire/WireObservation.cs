using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>What went over the wire during one attempt: how many requests, and the headers of the last answer.</summary>
/// <remarks>
/// <para>
/// Some SDKs hide response headers (Retry-After among them) and some retry by themselves. A
/// <see cref="WireObservationHandler"/> in the client's HTTP pipeline writes both down here. The clients of our factories
/// have one; for a client made elsewhere nothing is observed (<see cref="RequestCount"/> stays 0) unless the app adds the
/// handler to it.
/// </para>
/// <para>
/// Whoever runs an attempt makes an observation and sets <see cref="Current"/> before it calls the client, and again before
/// every <c>MoveNextAsync</c> of a stream and before it reads usage; the handler only ever writes into the object it finds,
/// so that what it wrote is seen after the call. Thread-safe.
/// </para>
/// </remarks>
internal sealed class WireObservation
{
    private static readonly AsyncLocal<WireObservation?> Ambient = new();

    private readonly ConcurrentDictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);
    private int _requestCount;
    private int _isObserved;
    private int _statusCode;

    /// <summary>Makes an observation.</summary>
    /// <param name="attemptToken">Cancelled when the attempt may go on no longer.</param>
    public WireObservation(CancellationToken attemptToken = default) => AttemptToken = attemptToken;

    /// <summary>Gets what cancels the attempt, for reads that the SDK makes without a token.</summary>
    public CancellationToken AttemptToken { get; }

    /// <summary>Gets or sets a value indicating whether any handler of the process observes: until one does, nothing would be written down.</summary>
    public static bool HasObservers { get; set; }

    /// <summary>Gets the observation of the attempt that is running; <see langword="null"/> outside one.</summary>
    public static WireObservation? Current
    {
        get => Ambient.Value;
        internal set => Ambient.Value = value;
    }

    /// <summary>Gets a value indicating whether the client has a handler that counts: only then does a count of 0 mean that nothing was sent.</summary>
    public bool IsObserved => Volatile.Read(ref _isObserved) != 0;

    /// <summary>Gets the number of HTTP requests that were sent; more than 1 means that the SDK retried by itself.</summary>
    public int RequestCount => Volatile.Read(ref _requestCount);

    /// <summary>Gets the HTTP status of the last answer; <see langword="null"/> if none arrived.</summary>
    public int? StatusCode => Volatile.Read(ref _statusCode) is var status and not 0 ? status : null;

    /// <summary>Gets a header of the last answer; only those about limits, retries, request ids and cost are kept.</summary>
    /// <param name="name">The header's name, in any case.</param>
    /// <returns>The value, several joined by a comma; <see langword="null"/> if it was not sent.</returns>
    public string? GetHeader(string name) => _headers.GetValueOrDefault(name);

    /// <summary>Gets the provider's id of the last request; <see langword="null"/> if it sent none.</summary>
    public string? RequestId => GetHeader("x-request-id") ?? GetHeader("request-id") ?? GetHeader("apim-request-id");

    internal void MarkObserved() => Volatile.Write(ref _isObserved, 1);

    internal void RecordRequest()
    {
        MarkObserved();
        Interlocked.Increment(ref _requestCount);
        Volatile.Write(ref _statusCode, 0);
        _headers.Clear();
    }

    internal void RecordResponse(HttpResponseMessage response)
    {
        foreach (var (name, values) in response.Headers)
        {
            if (IsKept(name))
            {
                _headers[name] = string.Join(",", values);
            }
        }

        Volatile.Write(ref _statusCode, (int)response.StatusCode);
    }

    private static bool IsKept(string name) =>
        name.Contains("retry", StringComparison.OrdinalIgnoreCase)
        || name.Contains("ratelimit", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("request-id", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("x-litellm-response-cost", StringComparison.OrdinalIgnoreCase)
        || name.Equals("x-litellm-cache-key", StringComparison.OrdinalIgnoreCase)
        || name.Equals("date", StringComparison.OrdinalIgnoreCase);
}
