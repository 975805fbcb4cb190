using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Redacts names before they are stored or logged: a model, a route, a tag, a provider's error code. A misconfigured application
/// may pass an API key as such a name. Thread-safe.
/// </summary>
internal static class WrittenText
{
    private const int MostKnown = 16_384;
    private const int LongestKnown = 256;

    /// <summary>Names that were checked and contain no secret. Names with secrets are not cached.</summary>
    private static readonly ConcurrentDictionary<string, bool> Clean = new(StringComparer.Ordinal);
    private static int s_known;

    /// <summary>
    /// Returns the text for use as a key. If it contains secrets, it is redacted and a hash is appended, so that two values that are
    /// redacted to the same text, such as the API keys of two tenants, stay different.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? KeyOf(string? text)
    {
        string? written = Of(text);
        return ReferenceEquals(written, text) ? text : $"{written}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text!)).AsSpan(0, 6))}";
    }

    /// <summary>Redacts a text; returns the same object if it contains no secrets.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text)
    {
        if (string.IsNullOrEmpty(text) || Clean.ContainsKey(text))
        {
            return text;
        }

        string written = SecretRedactor.Default.Redact(text);
        if (ReferenceEquals(written, text) && text.Length <= LongestKnown && Clean.TryAdd(text, true) && Interlocked.Increment(ref s_known) > MostKnown)
        {
            Volatile.Write(ref s_known, 0);
            Clean.Clear();
        }

        return written;
    }
}
