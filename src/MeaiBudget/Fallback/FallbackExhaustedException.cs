using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>Thrown when no candidate answered and they failed for different reasons; lists every attempt.</summary>
public class FallbackExhaustedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="attempts">Every attempt, refused and skipped candidates included.</param>
    /// <param name="exceptions">What the candidates threw, in order.</param>
    public FallbackExhaustedException(IReadOnlyList<AttemptReceipt> attempts, IReadOnlyList<Exception> exceptions)
        : base(Describe(attempts), exceptions is { Count: > 0 } ? exceptions[^1] : null)
    {
        Attempts = attempts;
        Exceptions = exceptions ?? [];
    }

    /// <summary>Gets every attempt.</summary>
    public IReadOnlyList<AttemptReceipt> Attempts { get; }

    /// <summary>Gets what the candidates threw, in order. Their messages may carry what providers answered.</summary>
    public IReadOnlyList<Exception> Exceptions { get; }

    /// <inheritdoc/>
    /// <remarks>What other libraries wrote into the inner exceptions passes <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());

    private static string Describe(IReadOnlyList<AttemptReceipt> attempts)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var text = new StringBuilder("No candidate answered.");
        foreach (AttemptReceipt attempt in attempts)
        {
            text.Append(CultureInfo.InvariantCulture, $" [{attempt.Number}] {attempt.Route}: {attempt.Why()}.");
        }

        return text.ToString();
    }
}
