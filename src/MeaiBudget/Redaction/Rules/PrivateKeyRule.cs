using System.Buffers;

namespace MeaiBudget;

/// <summary>A private key in lines of base64: of PEM, from its BEGIN line on, of commercial SSH, and of PuTTY.</summary>
internal sealed class PrivateKeyRule(string begin, PrivateKeyRun run)
{
    public const string Begin = "-----BEGIN";

    /// <summary>How the lines of commercial SSH begin.</summary>
    public const string SshDashes = "----";

    private const int LongestLabel = 64;
    private const int LongestCount = 12;
    private static readonly SearchValues<char> Label = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ");

    public static PrivateKeyRule Pem { get; } = new(Begin, SecretRuns.PrivateKey);

    public static PrivateKeyRule Ssh { get; } = new(SshDashes + " BEGIN", SecretRuns.SshPrivateKey);

    /// <summary>Decides where a line of dashes begins.</summary>
    public SecretVerdict DecideAt(in SecretText text, int at, out SecretMatch match)
    {
        match = default;
        ReadOnlySpan<char> visible = text.Characters[at..Math.Min(text.Length, at + begin.Length)];
        if (!begin.AsSpan().StartsWith(visible))
        {
            return SecretVerdict.None;
        }

        if (visible.Length < begin.Length)
        {
            return text.AtEnd;
        }

        int label = at + begin.Length;
        ReadOnlySpan<char> line = text.Characters.Slice(label, Math.Min(LongestLabel, text.Length - label));
        int end = line.IndexOfAnyExcept(Label);
        match = new SecretMatch(at, run, label + Math.Max(end, 0));
        if (end < 0)
        {
            return line.Length == LongestLabel ? SecretVerdict.None : text.AtEnd;
        }

        return line[end] == '-' && (line[..end].Contains("PRIVATE KEY", StringComparison.Ordinal) || line[..end].Contains("Static key", StringComparison.Ordinal)) ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>Decides behind <c>Private-Lines</c>: a colon, the number of lines, and the lines.</summary>
    public static SecretVerdict DecidePutty(in SecretText text, int end, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, end);
        while (cursor.At - end < LongestCount && cursor.Raw() is ':' or ' ' or (>= '0' and <= '9'))
        {
            cursor.At++;
        }

        NamedSecret.SkipBlanks(ref cursor, out int lines);
        if (cursor.NeedsMore || lines == 0 || cursor.At == text.Length)
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        match = new SecretMatch(cursor.At, SecretRuns.KeyBody, cursor.At);
        return SecretRuns.KeyBody.Characters.Contains(cursor.Raw()) ? SecretVerdict.Found : SecretVerdict.None;
    }
}

/// <summary>The private elements of an RSA key in XML, as .NET writes it: <c>&lt;D></c>, <c>&lt;P></c>, <c>&lt;Q></c>, <c>&lt;DP></c>, <c>&lt;DQ></c>, <c>&lt;InverseQ></c>.</summary>
internal static class XmlKeyRule
{
    private const int Shortest = 40;
    private const int Random = 35;

    public static bool IsElement(ReadOnlySpan<char> word) => word is "D" or "P" or "Q" or "DP" or "DQ" or "InverseQ";

    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = new SecretMatch(end + 1, SecretRuns.Base64, end + 1);
        if (start == 0 || text[start - 1] != '<' || end == text.Length || text[end] != '>')
        {
            return SecretVerdict.None;
        }

        ReadOnlySpan<char> value = text.Characters[(end + 1)..Math.Min(text.Length, end + 1 + Shortest)];
        return value.ContainsAnyExcept(SecretRuns.Base64.Characters) ? SecretVerdict.None
            : value.Length < Shortest ? text.AtEnd
            : Randomness.Of(value) >= Random ? SecretVerdict.Found
            : SecretVerdict.None;
    }
}
