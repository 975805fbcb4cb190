using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>One request that a <see cref="ProviderSimulator"/> has seen, and what became of it.</summary>
/// <remarks>Safe to read from any thread, also while the request is being answered. It holds everything that was sent, keys included: it is for tests.</remarks>
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

    /// <summary>Gets the position of the request among all requests of the simulator, from 1.</summary>
    public int Number { get; }

    /// <summary>Gets the provider that was asked; null if the path belongs to none.</summary>
    public SimulatedProvider? Provider { get; }

    /// <summary>Gets what the request was for.</summary>
    public SimulatedEndpoint Endpoint { get; }

    /// <summary>Gets the HTTP method.</summary>
    public string Method { get; }

    /// <summary>Gets the path and query, from the server's root.</summary>
    public string Path { get; }

    /// <summary>Gets the headers as they came, secrets included.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Gets the body, byte for byte.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Gets the body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>Gets the body as JSON; <see cref="JsonValueKind.Undefined"/> if it is not JSON.</summary>
    public JsonElement Json { get; }

    /// <summary>Gets when the request had arrived, on the simulator's clock.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>Gets the model that was asked for; null if the request names none.</summary>
    public string? Model { get; internal init; }

    /// <summary>Gets a value indicating whether a stream was asked for.</summary>
    public bool IsStreaming { get; internal init; }

    /// <summary>Gets the HTTP status that was answered; null while there is none, and if the connection was dropped without one.</summary>
    public int? StatusCode => _status == 0 ? null : _status;

    /// <summary>Gets how far the simulator has come with the request.</summary>
    public SimulatedRequestState State => _state;

    /// <summary>Gets how many pieces of a stream were sent so far; see <see cref="SimulatedResponse"/> for what a piece is.</summary>
    public int PiecesSent => Volatile.Read(ref _piecesSent);

    /// <summary>Gets the tokens that the simulator bills for the request.</summary>
    /// <remarks>
    /// An error bills nothing. An answer bills its usage, reported or not, also if the client leaves while it waits for it: the provider
    /// has generated it. A stream bills its input and the pieces sent so far; it is complete once <see cref="Completion"/> is.
    /// </remarks>
    public SimulatedUsage Billed => _billed;

    /// <summary>Gets a task that ends when the simulator has done with the request, also if the client has left.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The first value of a header.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>The value; null if the header was not sent.</returns>
    public string? Header(string name) =>
        Headers.FirstOrDefault(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path} -> {StatusCode?.ToString(CultureInfo.InvariantCulture) ?? "no status"} ({State})";

    internal void Answers(int status) => _status = status;

    internal void Bills(SimulatedUsage usage) => _billed = usage;

    internal int SendsPiece() => Interlocked.Increment(ref _piecesSent);

    internal void End(SimulatedRequestState state)
    {
        // The first end counts.
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _state = state;
            _completion.TrySetResult();
        }
    }
}
