namespace MeaiBudget.Testing;

/// <summary>State of a request to a <see cref="ProviderSimulator"/>.</summary>
public enum SimulatedRequestState
{
    /// <summary>The request is being answered, or the script delays it.</summary>
    Running,

    /// <summary>The scripted answer or error was sent completely.</summary>
    Completed,

    /// <summary>The client closed the connection before the end.</summary>
    ClientLeft,

    /// <summary>The script closed the connection.</summary>
    Dropped,
}
