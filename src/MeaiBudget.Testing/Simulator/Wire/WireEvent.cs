namespace MeaiBudget.Testing;

/// <summary>Kinds of events in a stream, for the count of pieces.</summary>
internal enum WireEventKind
{
    /// <summary>Sent before any content, whatever fault is scripted.</summary>
    Opening,

    /// <summary>One piece.</summary>
    Piece,

    /// <summary>Any other event, including the end.</summary>
    Other,
}

/// <summary>One event of a stream. <paramref name="Name"/> is the server-sent event's name; null if the format has none.</summary>
internal sealed record WireEvent(WireEventKind Kind, string Data, string? Name = null);
