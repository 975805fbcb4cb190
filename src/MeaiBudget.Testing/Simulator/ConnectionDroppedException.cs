namespace MeaiBudget.Testing;

/// <summary>Thrown out of the server's handler: Kestrel then sends what was written and closes the connection without ending the response.</summary>
internal sealed class ConnectionDroppedException() : Exception("The script drops the connection.");
