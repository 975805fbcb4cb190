namespace MeaiBudget;

/// <summary>What an enforcing budget does with input that cannot be bounded from the request: hosted files, server tools, unknown server-side history.</summary>
public enum UnboundedInputBehavior
{
    /// <summary>Refuses the attempt.</summary>
    Refuse,

    /// <summary>Reserves the model's whole context window; refuses if that is not known.</summary>
    ReserveContextWindow,
}
