namespace MeaiBudget;

/// <summary>Kinds of failure that end an attempt.</summary>
public enum ChatFailureKind
{
    /// <summary>The failure was not recognised.</summary>
    Unknown,

    /// <summary>Too many requests or tokens in a short time; the limit resets by itself.</summary>
    RateLimited,

    /// <summary>The provider has no free capacity (503, 529).</summary>
    Overloaded,

    /// <summary>The provider failed (500, 502 and the like).</summary>
    ServerError,

    /// <summary>No answer arrived in time.</summary>
    Timeout,

    /// <summary>The provider could not be reached, or the connection was lost.</summary>
    Network,

    /// <summary>Credit, quota or spend limit is used up and does not reset soon.</summary>
    QuotaExhausted,

    /// <summary>The API key is missing or wrong, or does not have the required permission.</summary>
    Authentication,

    /// <summary>The provider rejected the request as invalid.</summary>
    InvalidRequest,

    /// <summary>The request does not fit into the model's context window.</summary>
    ContextLengthExceeded,

    /// <summary>The provider's content filter rejected the request or the answer.</summary>
    ContentFiltered,

    /// <summary>The stream ended without its end marker.</summary>
    Truncated,

    /// <summary>A budget refused the attempt; nothing was sent.</summary>
    Refused,

    /// <summary>The route's circuit is open; nothing was sent.</summary>
    CircuitOpen,

    /// <summary>The caller cancelled the call.</summary>
    Cancelled,

    /// <summary>The provider answered with success, and bills, but its SDK could not read the answer. Never retried on the same route.</summary>
    UnreadableAnswer,
}
