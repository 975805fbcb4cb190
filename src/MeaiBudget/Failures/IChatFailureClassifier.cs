namespace MeaiBudget;

/// <summary>Classifies the exceptions of one provider's SDK.</summary>
/// <remarks>
/// A provider's client returns it from <see cref="Microsoft.Extensions.AI.IChatClient.GetService"/>.
/// Implementations are thread-safe and never throw.
/// </remarks>
public interface IChatFailureClassifier
{
    /// <summary>Classifies an exception.</summary>
    /// <param name="exception">The exception as the client threw it, with its inner exceptions.</param>
    /// <returns>The failure, or <see langword="null"/> if the exception is not one of this SDK's.</returns>
    ChatFailure? Classify(Exception exception);
}
