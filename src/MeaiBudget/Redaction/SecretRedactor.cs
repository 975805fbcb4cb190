using System.Text;
using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>
/// Replaces secrets in text by <see cref="Placeholder"/>: API keys of model providers and of common clouds and services, bearer
/// and basic credentials, JSON Web Tokens, private keys, user names and passwords in URLs, and the values of names that
/// indicate a secret (<c>password</c>, <c>api_key</c>, <c>Authorization</c>, ...) in JSON, headers, queries and connection strings.
/// </summary>
/// <remarks>
/// <para>
/// Other text is not changed. Not every secret is found: a secret without a known form and without such a name is kept. Personal
/// data is not redacted, except e-mail addresses if <see cref="SecretRedactorOptions.RedactEmailAddresses"/> is true; use the
/// redactors of <c>Microsoft.Extensions.Compliance</c> for it.
/// </para>
/// <para>Runs in linear time for every input. Redacting a redacted text again changes nothing.</para>
/// <para>Immutable and thread-safe. For text that arrives in pieces use <see cref="CreateStreaming"/>.</para>
/// </remarks>
public sealed class SecretRedactor : Redactor
{
    /// <summary>The text that replaces a secret.</summary>
    public const string Placeholder = "[REDACTED]";

    private readonly SecretRuleSet _rules;
    private readonly bool _redactsEmailAddresses;

    /// <summary>Creates a redactor with the built-in rules.</summary>
    public SecretRedactor()
        : this(new SecretRedactorOptions())
    {
    }

    /// <summary>Creates a redactor with the built-in rules and the application's own.</summary>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> or one of its members is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A name in <see cref="SecretRedactorOptions.SecretNames"/> is shorter than two characters.</exception>
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
                throw new ArgumentException($"The secret name '{name}' is too short. A name needs at least two characters.", nameof(options));
            }

            own.Add(new OwnNameRule(name.Trim()));
        }

        _rules = own.Count == 0 ? SecretRuleSet.None : new SecretRuleSet(own);
    }

    /// <summary>Gets a redactor with the built-in rules.</summary>
    public static SecretRedactor Default { get; } = new();

    /// <inheritdoc/>
    /// <remarks>Returns <paramref name="source"/> itself if it contains no secrets, and an empty string for <see langword="null"/>.</remarks>
    public override string Redact(string? source) => source is null ? "" : RedactCore(source)?.ToString() ?? source;

    /// <inheritdoc/>
    public override int Redact(ReadOnlySpan<char> source, Span<char> destination)
    {
        StringBuilder? redacted = RedactCore(source);
        int length = redacted?.Length ?? source.Length;
        if (length > destination.Length)
        {
            throw new ArgumentException($"The redacted text has {length} characters, but the destination only has {destination.Length}. Get the length from GetRedactedLength.", nameof(destination));
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

    /// <summary>Creates a redactor for one text that arrives in pieces.</summary>
    /// <returns>The redactor, for one text only.</returns>
    internal StreamingSecretRedactor CreateStreaming() => new(_rules, _redactsEmailAddresses);

    /// <summary>Returns the redacted text; null if there are no secrets.</summary>
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
