namespace MeaiBudget;

/// <summary>What kind of failure ended an attempt.</summary>
public enum ChatFailureKind
{
    /// <summary>Not recognised.</summary>
    Unknown,

    /// <summary>Too many requests or tokens for now; comes back by itself.</summary>
    RateLimited,

    /// <summary>The provider is out of capacity (503, 529).</summary>
    Overloaded,

    /// <summary>The provider failed (500, 502 and the like).</summary>
    ServerError,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The provider could not be reached, or the connection was lost.</summary>
    Network,

    /// <summary>Credit, quota or spend limit used up; does not come back by itself soon.</summary>
    QuotaExhausted,

    /// <summary>The key is missing, wrong, or not allowed to do this.</summary>
    Authentication,

    /// <summary>The provider rejects the request as it is.</summary>
    InvalidRequest,

    /// <summary>The request does not fit into the model's window.</summary>
    ContextLengthExceeded,

    /// <summary>The provider's content filter refused the request or the answer.</summary>
    ContentFiltered,

    /// <summary>The stream ended without saying that it was complete.</summary>
    Truncated,

    /// <summary>A budget refused the attempt; nothing was sent.</summary>
    Refused,

    /// <summary>The route's circuit is open; nothing was sent.</summary>
    CircuitOpen,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>The provider answered with success, and bills, but its SDK could not read the answer. Never retried on the same route.</summary>
    UnreadableAnswer,
}
