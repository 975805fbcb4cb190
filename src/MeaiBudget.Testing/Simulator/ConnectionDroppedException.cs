namespace MeaiBudget.Testing;

/// <summary>Thrown by the server's handler. Kestrel then sends the data written so far and closes the connection without ending the response.</summary>
internal sealed class ConnectionDroppedException() : Exception("The script drops the connection.");
