using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
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
    private const int LongestName = 1024;
    private const string CutMark = "... (cut)";

    /// <summary>Control characters of ASCII and Latin-1, line separators, and marks of the direction of text.</summary>
    private static readonly SearchValues<char> Obeyed = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(static code => (char)code), '\u2028', '\u2029', '\u200E', '\u200F', '\u061C',
        '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069']);

    /// <summary>The longest key. A ledger stores keys in the names of accounts.</summary>
    private const int LongestKey = 256;

    /// <summary>Names that were checked and contain no secret. Names with secrets are not cached.</summary>
    private static readonly ConcurrentDictionary<string, bool> Clean = new(StringComparer.Ordinal);
    private static int s_known;

    /// <summary>Some of <see cref="Clean"/> as the objects that were asked for last: those of a route and its model come with every attempt.</summary>
    private static readonly string?[] Recent = new string?[64];

    /// <summary>
    /// Returns the text for use as a key. If it contains secrets, it is redacted and a hash is appended, so that two values that are
    /// redacted to the same text, such as the API keys of two tenants, stay different. A long text is shortened in the same way.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? KeyOf(string? text)
    {
        string? written = Of(text);
        if (ReferenceEquals(written, text) && text is not { Length: > LongestKey })
        {
            return text;
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text!)).AsSpan(0, written!.Length > LongestKey ? 16 : 6));
        if (written.Length <= LongestKey)
        {
            return $"{written}-{hash}";
        }

        int length = LongestKey - hash.Length - 1;
        return $"{written.AsSpan(0, char.IsHighSurrogate(written[length - 1]) ? length - 1 : length)}-{hash}";
    }

    /// <summary>
    /// Redacts a text, escapes the characters that a terminal or a text editor would obey, and cuts it at 1,024 characters; returns the same
    /// object if nothing of it is needed.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return text;
        }

        // A race replaces an object by another one, which costs a look-up.
        ref string? recent = ref Recent[RuntimeHelpers.GetHashCode(text) & (Recent.Length - 1)];
        if (ReferenceEquals(Volatile.Read(ref recent), text))
        {
            return text;
        }

        if (Clean.ContainsKey(text))
        {
            Volatile.Write(ref recent, text);
            return text;
        }

        string written = Rewrite(text, LongestName);
        if (ReferenceEquals(written, text) && text.Length <= LongestKnown && Clean.TryAdd(text, true) && Interlocked.Increment(ref s_known) > MostKnown)
        {
            Volatile.Write(ref s_known, 0);
            Clean.Clear();
        }

        return written;
    }

    /// <summary>
    /// As <see cref="Of"/>, cut at 256 characters: for what a provider or caller chooses, such as a request id. Such texts rarely come again, so
    /// none is remembered.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Shortened(string? text) => string.IsNullOrEmpty(text) ? text : Rewrite(text, LongestKnown);

    /// <summary>
    /// Writes control characters and those that change the direction of text as escapes: they move the cursor of a terminal, recolour or
    /// hide what it shows, and begin new lines of a log.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="keepLines">True for a text of several lines: line breaks and tabs are kept.</param>
    public static string Printable(string text, bool keepLines = false)
    {
        int at = text.AsSpan().IndexOfAny(Obeyed);
        if (at < 0)
        {
            return text;
        }

        var written = new StringBuilder(text, 0, at, text.Length + 16);
        for (; at < text.Length; at++)
        {
            char character = text[at];
            bool isKept = keepLines && (character is '\n' or '\t' || (character == '\r' && at + 1 < text.Length && text[at + 1] == '\n'));
            if (isKept || !Obeyed.Contains(character))
            {
                written.Append(character);
            }
            else
            {
                written.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }
        }

        return written.ToString();
    }

    private static string Rewrite(string text, int most) => Cut(Printable(SecretRedactor.Default.Redact(text)), most);

    private static string Cut(string text, int most) =>
        text.Length <= most ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most), CutMark);
}
