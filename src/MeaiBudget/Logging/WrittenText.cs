using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

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
