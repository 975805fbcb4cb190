namespace MeaiBudget.Tool;

/// <summary>Thrown if a request body is not valid for its API.</summary>
internal sealed class RawRequestException(string message, Exception? innerException = null) : Exception(message, innerException);
