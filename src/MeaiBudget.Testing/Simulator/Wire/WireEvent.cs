namespace MeaiBudget.Testing;

/// <summary>What an event of a stream is to the count of pieces.</summary>
internal enum WireEventKind
{
    /// <summary>Sent before anything is said, whatever fault is scripted.</summary>
    Opening,

    /// <summary>One piece.</summary>
    Piece,

    /// <summary>Anything else, the end included.</summary>
    Other,
}

/// <summary>One event of a stream; <paramref name="Name"/> is the server-sent event's name, where the format names its events.</summary>
internal sealed record WireEvent(WireEventKind Kind, string Data, string? Name = null);
