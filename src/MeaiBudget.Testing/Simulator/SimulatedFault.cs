namespace MeaiBudget.Testing;

/// <summary>The errors whose status and body differ from provider to provider.</summary>
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
}

/// <summary>An error before a provider has put it into its words; null where the provider's own words are wanted.</summary>
internal sealed record SimulatedFault(SimulatedFaultKind Kind, int? Status = null, string? Message = null, string? Type = null, string? Code = null);
