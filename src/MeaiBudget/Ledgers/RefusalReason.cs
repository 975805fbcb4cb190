namespace MeaiBudget;

/// <summary>Why a budget refused.</summary>
public enum RefusalReason
{
    /// <summary>The limit is spent. Try again when the period resets.</summary>
    Spent,

    /// <summary>Open reservations of other calls hold what is left. The attempt may fit in seconds.</summary>
    Held,

    /// <summary>The model has no known price.</summary>
    UnknownPrice,

    /// <summary>The request gives no upper bound of its input.</summary>
    UnboundedInput,

    /// <summary>The ledger failed.</summary>
    LedgerUnavailable,

    /// <summary>
    /// The request is a raw one (<see cref="Microsoft.Extensions.AI.ChatOptions.RawRepresentationFactory"/>), and what it asks is not known
    /// before it is sent: the client has no <see cref="ChatWireHandler"/>, or the body cannot be read or names several models.
    /// </summary>
    UnseenRawRequest,

    /// <summary>The run has ended.</summary>
    RunEnded,

    /// <summary>The call does not have a tag that the budget requires, or its value cannot be read. See <c>Budget.PerTag</c>.</summary>
    MissingTag,

    /// <summary>An operator stopped the budget or the key; see <c>CostTracker.StopAsync</c>.</summary>
    Stopped,
}
