using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>One recorded request to a <see cref="ProviderSimulator"/>, and its result.</summary>
/// <remarks>
/// Thread-safe for reading, also while the request is being answered. Contains everything that was sent, including API keys; use it for
/// tests only.
/// </remarks>
public sealed class SimulatedRequest
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _piecesSent;
    private int _ended;
    private volatile int _status;
    private volatile SimulatedRequestState _state;
    private volatile SimulatedUsage _billed = SimulatedUsage.None;

    internal SimulatedRequest(
        int number,
        SimulatedProvider? provider,
        SimulatedEndpoint endpoint,
        string method,
        string path,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        byte[] body,
        JsonElement json,
        DateTimeOffset receivedAt)
    {
        Number = number;
        Provider = provider;
        Endpoint = endpoint;
        Method = method;
        Path = path;
        Headers = headers;
        Body = body;
        ReceivedAt = receivedAt;
        Json = json;
    }

    /// <summary>Gets the number of the request among all requests of the simulator, starting from 1.</summary>
    public int Number { get; }

    /// <summary>Gets the provider; <see langword="null"/> if the path belongs to none.</summary>
    public SimulatedProvider? Provider { get; }

    /// <summary>Gets the kind of request.</summary>
    public SimulatedEndpoint Endpoint { get; }

    /// <summary>Gets the HTTP method.</summary>
    public string Method { get; }

    /// <summary>Gets the path and query, relative to the server's root.</summary>
    public string Path { get; }

    /// <summary>Gets the headers, including secrets.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Gets the bytes of the body.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Gets the body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>Gets the body as JSON; <see cref="JsonValueKind.Undefined"/> if it is not JSON.</summary>
    public JsonElement Json { get; }

    /// <summary>Gets when the request arrived, by the simulator's clock.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>Gets the requested model; <see langword="null"/> if the request names none.</summary>
    public string? Model { get; internal init; }

    /// <summary>Gets the model that answered; null if none did.</summary>
    internal string? AnsweredModel { get; set; }

    /// <summary>True if the answer's usage was counted in words, because the script sets none.</summary>
    internal bool HasMadeUpUsage { get; set; }

    /// <summary>Gets a value indicating whether the request asks for a stream.</summary>
    public bool IsStreaming { get; internal init; }

    /// <summary>Gets the HTTP status of the response; <see langword="null"/> if none was sent (yet).</summary>
    public int? StatusCode => _status == 0 ? null : _status;

    /// <summary>Gets the state of the request.</summary>
    public SimulatedRequestState State => _state;

    /// <summary>Gets the number of pieces of a stream sent so far; see <see cref="SimulatedResponse"/> for the definition of a piece.</summary>
    public int PiecesSent => Volatile.Read(ref _piecesSent);

    /// <summary>Gets the tokens that the simulator bills for the request.</summary>
    /// <remarks>
    /// An error bills nothing. An answer bills its usage, whether reported or not, also if the client leaves while it waits, because the
    /// provider has generated the answer. A stream bills its input and the pieces sent so far. The value is final when
    /// <see cref="Completion"/> has completed.
    /// </remarks>
    public SimulatedUsage Billed => _billed;

    /// <summary>Gets the service tier that answered, and that is billed; <see langword="null"/> for the standard tier, and before there is an answer.</summary>
    public string? ServiceTier { get; internal set; }

    /// <summary>Gets a task that completes when the simulator has finished the request, also if the client has left.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Returns the first value of a header.</summary>
    /// <param name="name">The name; case is ignored.</param>
    /// <returns>The value; <see langword="null"/> if the header was not sent.</returns>
    public string? Header(string name) =>
        Headers.FirstOrDefault(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path} -> {StatusCode?.ToString(CultureInfo.InvariantCulture) ?? "no status"} ({State})";

    internal void Answers(int status) => _status = status;

    internal void Bills(SimulatedUsage usage) => _billed = usage;

    internal int SendsPiece() => Interlocked.Increment(ref _piecesSent);

    internal void End(SimulatedRequestState state)
    {
        // Only the first end is recorded.
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _state = state;
            _completion.TrySetResult();
        }
    }
}
