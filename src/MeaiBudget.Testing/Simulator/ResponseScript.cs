using System.Collections.Concurrent;

namespace MeaiBudget.Testing;

/// <summary>A queue of responses, and what is answered once it is empty.</summary>
/// <remarks>Safe for concurrent use, also while requests arrive.</remarks>
public class ResponseScript
{
    private readonly ConcurrentQueue<SimulatedResponse> _queue = new();
    private volatile SimulatedResponse? _default;

    internal ResponseScript(SimulatedResponse? initialDefault) => _default = initialDefault;

    /// <summary>Gets or sets the response to every request that finds the queue empty.</summary>
    /// <value>For a provider, an echo of the request; for one model of it, null: the provider's default.</value>
    public SimulatedResponse? Default
    {
        get => _default;
        set => _default = value;
    }

    /// <summary>Gets how many responses are still in the queue.</summary>
    public int Remaining => _queue.Count;

    /// <summary>Adds responses to the queue; each answers one request.</summary>
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

    /// <summary>Empties the queue.</summary>
    public void Clear() => _queue.Clear();

    internal SimulatedResponse? Next() => _queue.TryDequeue(out SimulatedResponse? response) ? response : null;
}
