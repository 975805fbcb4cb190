using System.Collections.Concurrent;

namespace MeaiBudget.Testing;

/// <summary>A queue of responses, and a default response for when it is empty.</summary>
/// <remarks>Thread-safe, also while requests arrive.</remarks>
public class ResponseScript
{
    private readonly ConcurrentQueue<SimulatedResponse> _queue = new();
    private volatile SimulatedResponse? _default;

    internal ResponseScript(SimulatedResponse? initialDefault) => _default = initialDefault;

    /// <summary>Gets or sets the response of requests that find the queue empty.</summary>
    /// <value>The default is an echo of the request for a provider, and <see langword="null"/> (the provider's default) for a model.</value>
    public SimulatedResponse? Default
    {
        get => _default;
        set => _default = value;
    }

    /// <summary>Gets the number of responses in the queue.</summary>
    public int Remaining => _queue.Count;

    /// <summary>Adds responses to the queue; each is used for one request.</summary>
    /// <param name="responses">The responses, in order.</param>
    /// <returns>This script.</returns>
    public ResponseScript Enqueue(params SimulatedResponse[] responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        foreach (SimulatedResponse response in responses)
        {
            ArgumentNullException.ThrowIfNull(response, nameof(responses));
            _queue.Enqueue(response);
        }

        return this;
    }

    /// <summary>Removes all responses from the queue.</summary>
    public void Clear() => _queue.Clear();

    internal SimulatedResponse? Next() => _queue.TryDequeue(out SimulatedResponse? response) ? response : null;
}
