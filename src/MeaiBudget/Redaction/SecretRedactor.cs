using System.Text;
using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>
/// Replaces secrets in text by <see cref="Placeholder"/>: API keys of model providers and of the common clouds and services,
/// bearer and basic credentials, JSON Web Tokens, private keys, user names and passwords in addresses, and the values of
/// telling names (<c>password</c>, <c>api_key</c>, <c>Authorization</c>, ...) in JSON, headers, queries and connection strings.
/// </summary>
/// <remarks>
/// <para>
/// Works on text around secrets: everything that is no secret stays as it is. It is a net, not a proof: a secret without a
/// known shape and without a telling name passes. Personal data is left to the platform's redactors, but for e-mail addresses,
/// if <see cref="SecretRedactorOptions.RedactEmailAddresses"/> asks for them.
/// </para>
/// <para>Takes time in proportion to the length of the text, whatever the text; redacting what was redacted changes nothing.</para>
/// <para>Immutable and thread-safe. For text that arrives in pieces use <see cref="CreateStreaming"/>.</para>
/// </remarks>
public sealed class SecretRedactor : Redactor
{
    /// <summary>What stands where a secret stood.</summary>
    public const string Placeholder = "[REDACTED]";

    private readonly SecretRuleSet _rules;
    private readonly bool _redactsEmailAddresses;

    /// <summary>Makes a redactor that knows the built-in shapes.</summary>
    public SecretRedactor()
        : this(new SecretRedactorOptions())
    {
    }

    /// <summary>Makes a redactor that knows the built-in shapes and the application's own.</summary>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> or one of its members is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A name of <see cref="SecretRedactorOptions.SecretNames"/> is shorter than two characters.</exception>
    public SecretRedactor(SecretRedactorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _redactsEmailAddresses = options.RedactEmailAddresses;
        List<SecretRule> own = [];
        foreach (SecretPattern pattern in options.Patterns)
        {
            ArgumentNullException.ThrowIfNull(pattern, nameof(options));
            own.Add(pattern.ToRule());
        }

        foreach (string name in options.SecretNames)
        {
            ArgumentNullException.ThrowIfNull(name, nameof(options));
            if (name.Trim().Length < 2)
            {
                throw new ArgumentException($"The secret name '{name}' is too short: a name needs at least two characters.", nameof(options));
            }

            own.Add(new SecretNameRule(name.Trim()));
        }

        _rules = own.Count == 0 ? SecretRuleSet.BuiltIn : new SecretRuleSet([.. SecretRules.BuiltIn, .. own]);
    }

    /// <summary>Gets a redactor that knows the built-in shapes.</summary>
    public static SecretRedactor Default { get; } = new();

    /// <inheritdoc/>
    /// <remarks>Returns <paramref name="source"/> itself where there is nothing to redact.</remarks>
    public override string Redact(string? source) => source is null ? "" : RedactCore(source)?.ToString() ?? source;

    /// <inheritdoc/>
    public override int Redact(ReadOnlySpan<char> source, Span<char> destination)
    {
        StringBuilder? redacted = RedactCore(source);
        int length = redacted?.Length ?? source.Length;
        if (length > destination.Length)
        {
            throw new ArgumentException($"The redacted text is {length} characters long, the destination {destination.Length}.", nameof(destination));
        }

        if (redacted is null)
        {
            source.CopyTo(destination);
        }
        else
        {
            redacted.CopyTo(0, destination, length);
        }

        return length;
    }

    /// <inheritdoc/>
    public override int GetRedactedLength(ReadOnlySpan<char> input) => RedactCore(input)?.Length ?? input.Length;

    /// <summary>Makes a redactor for one text that arrives in pieces.</summary>
    /// <returns>The redactor, for this one text.</returns>
    internal StreamingSecretRedactor CreateStreaming() => new(_rules, _redactsEmailAddresses);

    /// <summary>The redacted text; nothing if there is nothing to redact.</summary>
    private StringBuilder? RedactCore(ReadOnlySpan<char> source)
    {
        var scan = new SecretScan(_rules);
        StringBuilder? redacted = scan.RedactWhole(source);
        if (!_redactsEmailAddresses || source.IndexOf('@') < 0)
        {
            return redacted;
        }

        var result = new StringBuilder(source.Length);
        new EmailScan().Advance(redacted is null ? source : redacted.ToString(), isFinal: true, result);
        return result;
    }
}
