namespace MeaiBudget;

/// <summary>Recognises the exceptions of one provider's SDK.</summary>
/// <remarks>
/// Served by a provider's client through <see cref="Microsoft.Extensions.AI.IChatClient.GetService"/>.
/// Implementations are thread-safe and never throw.
/// </remarks>
public interface IChatFailureClassifier
{
    /// <summary>Classifies an exception.</summary>
    /// <param name="exception">What the client threw, not yet unwrapped.</param>
    /// <returns>The failure, or <see langword="null"/> if this classifier does not know the exception.</returns>
    ChatFailure? Classify(Exception exception);
}
