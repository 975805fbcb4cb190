namespace MeaiBudget;

/// <summary>Thrown when a stream ended without content, finish reason or usage: its SDK swallowed an error.</summary>
internal class TruncatedStreamException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="route">The route's name.</param>
    public TruncatedStreamException(string route)
        : base($"The stream from route '{route}' ended without content, finish reason or usage.")
    {
        Route = route;
        ChatFailures.Attach(this, new ChatFailure(ChatFailureKind.Truncated, ChatFailurePhase.Ambiguous));
    }

    /// <summary>Gets the route's name.</summary>
    public string Route { get; }
}
