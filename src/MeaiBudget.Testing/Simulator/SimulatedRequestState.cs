namespace MeaiBudget.Testing;

/// <summary>How far a <see cref="ProviderSimulator"/> has come with a request.</summary>
public enum SimulatedRequestState
{
    /// <summary>It is being answered, or the script holds it.</summary>
    Running,

    /// <summary>The scripted answer, or scripted error, was sent to its end.</summary>
    Completed,

    /// <summary>The client closed the connection before the end.</summary>
    ClientLeft,

    /// <summary>The script cut the connection.</summary>
    Dropped,
}
