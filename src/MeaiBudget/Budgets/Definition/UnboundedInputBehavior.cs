namespace MeaiBudget;

/// <summary>Sets what an enforcing budget does with input that has no upper bound in the request: hosted files, server tools, unknown server-side history.</summary>
public enum UnboundedInputBehavior
{
    /// <summary>Refuses the attempt.</summary>
    Refuse,

    /// <summary>Reserves the model's whole context window. Refuses the attempt if the window is unknown.</summary>
    ReserveContextWindow,
}
