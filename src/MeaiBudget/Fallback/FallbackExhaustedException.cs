using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>Thrown if all routes failed for different reasons. Lists every attempt.</summary>
public class FallbackExhaustedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="attempts">Every attempt, including refused and skipped routes.</param>
    /// <param name="exceptions">The exceptions of the routes, in order.</param>
    public FallbackExhaustedException(IReadOnlyList<AttemptReceipt> attempts, IReadOnlyList<Exception> exceptions)
        : base(Describe(attempts), exceptions is { Count: > 0 } ? exceptions[^1] : null)
    {
        Attempts = attempts;
        Exceptions = exceptions ?? [];
    }

    /// <summary>Gets every attempt, including refused and skipped routes.</summary>
    public IReadOnlyList<AttemptReceipt> Attempts { get; }

    /// <summary>Gets the exceptions of the routes, in order. Their messages may contain text of the providers.</summary>
    public IReadOnlyList<Exception> Exceptions { get; }

    /// <inheritdoc/>
    /// <remarks>The text of inner exceptions is redacted with <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());

    private static string Describe(IReadOnlyList<AttemptReceipt> attempts)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var text = new StringBuilder("No route answered.");
        foreach (AttemptReceipt attempt in attempts)
        {
            text.Append(CultureInfo.InvariantCulture, $" [{attempt.Number}] {attempt.Route}: {attempt.Why()}.");
        }

        return text.ToString();
    }
}
