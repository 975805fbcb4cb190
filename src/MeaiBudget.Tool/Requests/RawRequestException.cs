namespace MeaiBudget.Tool;

/// <summary>A request body that is not a request of the API it was read as.</summary>
internal sealed class RawRequestException(string message, Exception? innerException = null) : Exception(message, innerException);
