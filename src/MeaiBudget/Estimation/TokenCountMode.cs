namespace MeaiBudget;

/// <summary>When a provider's counting endpoint is asked for a request's input tokens.</summary>
public enum TokenCountMode
{
    /// <summary>Never: counting stays in the process.</summary>
    Local,

    /// <summary>When the local estimate leaves much room or could not see everything.</summary>
    ProviderWhenUncertain,

    /// <summary>Always, where the client offers an endpoint; the local estimate is the fall-back.</summary>
    Provider,
}
