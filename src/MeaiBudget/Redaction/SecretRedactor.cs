using System.Runtime.CompilerServices;
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
/// <para>
/// Escapes of JSON, HTML and addresses are read as what they stand for, up to six levels of them. Runs in linear time for every input.
/// Redacting a redacted text again changes nothing, but for rare texts in which a secret hid what surrounds another one.
/// </para>
/// <para>Immutable and thread-safe. For text that arrives in pieces use <see cref="RedactAsync"/>.</para>
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

    /// <summary>Redacts one text that arrives in pieces, such as a streamed answer.</summary>
    /// <param name="pieces">The pieces in their order; enumerated once.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <returns>
    /// The redacted text in pieces as they become certain; joined, they equal <see cref="Redact(string?)"/> of the whole text, however it was split.
    /// Text that could be the beginning of a secret is held back: usually the last one or two words, at most about a thousand characters; in a table with a column of secrets, a row of up to 2,048.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="pieces"/> is <see langword="null"/>.</exception>
    /// <remarks>Thread-safe; each enumeration redacts a text of its own.</remarks>
    public IAsyncEnumerable<string> RedactAsync(IAsyncEnumerable<string> pieces, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        return Redacted(pieces, cancellationToken);
    }

    private async IAsyncEnumerable<string> Redacted(IAsyncEnumerable<string> pieces, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StreamingSecretRedactor streaming = CreateStreaming();
        await foreach (string piece in pieces.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (streaming.Append(piece) is { Length: > 0 } certain)
            {
                yield return certain;
            }
        }

        if (streaming.Complete() is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }

    /// <summary>Creates a redactor for one text that arrives in pieces.</summary>
    /// <returns>The redactor, for one text only.</returns>
    internal StreamingSecretRedactor CreateStreaming() => new(_rules, _redactsEmailAddresses);

    /// <summary>Returns the redacted text; null if there are no secrets.</summary>
    private StringBuilder? RedactCore(ReadOnlySpan<char> source)
    {
        StringBuilder? redacted = new LayeredScan(_rules).RedactWhole(source);
        if (!_redactsEmailAddresses || source.IndexOf('@') < 0)
        {
            return redacted;
        }

        var result = new StringBuilder(source.Length);
        new EmailScan().Advance(redacted is null ? source : redacted.ToString(), isFinal: true, result);
        return result;
    }
}
