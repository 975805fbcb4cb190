namespace MeaiBudget;

/// <summary>When an estimator uses a provider's counting endpoint.</summary>
public enum TokenCountMode
{
    /// <summary>Never. Tokens are counted in the process.</summary>
    Local,

    /// <summary>If the local estimate is uncertain or could not include everything.</summary>
    ProviderWhenUncertain,

    /// <summary>Always, if the client has a counting endpoint. The local estimate is used if it fails.</summary>
    Provider,
}
