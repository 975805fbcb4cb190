using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Thrown when a stream failed after content had been shown: the answer is incomplete, and cannot be begun again unnoticed.</summary>
public class ChatStreamInterruptedException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="failure">Why the stream failed.</param>
    /// <param name="received">What had been received.</param>
    /// <param name="innerException">What the client threw; null where the stream just ended.</param>
    public ChatStreamInterruptedException(string route, ChatFailure failure, ChatResponse received, Exception? innerException)
        : base($"The stream from route '{route}' was interrupted ({failure?.Kind}) after content had been received. What was received is in Received; it has been charged.", innerException)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Route = route;
        Failure = failure;
        Received = received;
    }

    /// <summary>Gets the route's name.</summary>
    public string Route { get; }

    /// <summary>Gets why the stream failed.</summary>
    public ChatFailure Failure { get; }

    /// <summary>Gets what had been received.</summary>
    public ChatResponse Received { get; }

    /// <inheritdoc/>
    /// <remarks>What other libraries wrote into the inner exceptions passes <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
