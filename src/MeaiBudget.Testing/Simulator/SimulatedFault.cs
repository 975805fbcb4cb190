namespace MeaiBudget.Testing;

/// <summary>Errors with a different status and body for each provider.</summary>
internal enum SimulatedFaultKind
{
    FromStatus,
    RateLimited,
    Overloaded,
    QuotaExhausted,
    Unauthorized,
    ModelNotFound,
    ContextLengthExceeded,
    ContentFiltered,
    EmptyMessages,
    UnknownPath,
    UnknownPreviousResponse,
    UnknownResponse,
    NotInBackground,
    BackgroundNotStored,
}

/// <summary>An error before it is converted to a provider's format. A null member is set to the provider's own value.</summary>
internal sealed record SimulatedFault(SimulatedFaultKind Kind, int? Status = null, string? Message = null, string? Type = null, string? Code = null);
