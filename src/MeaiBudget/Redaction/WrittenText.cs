using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Names as they may be written down: a model, a route, a tag, a provider's error code. Somebody will one day put a key where a
/// model's name belongs. Thread-safe.
/// </summary>
internal static class WrittenText
{
    private const int MostKnown = 16_384;
    private const int LongestKnown = 256;

    /// <summary>Names that were looked at and hold no secret; what does hold one is not kept.</summary>
    private static readonly ConcurrentDictionary<string, bool> Clean = new(StringComparer.Ordinal);
    private static int s_known;

    /// <summary>
    /// The same, as something to count by: what stood for a secret has its hash beside it, so that two that were redacted alike,
    /// such as the keys of two tenants, are not taken for one.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? KeyOf(string? text)
    {
        string? written = Of(text);
        return ReferenceEquals(written, text) ? text : $"{written}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text!)).AsSpan(0, 6))}";
    }

    /// <summary>The text without its secrets; the same text if there are none.</summary>
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
