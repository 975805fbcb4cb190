using System.Text;

namespace MeaiBudget;

/// <summary>Short texts that are taken over from requests and answers.</summary>
internal static class WireText
{
    /// <summary>The longest id, name or code that is taken over, in characters.</summary>
    public const int LongestText = 256;

    private const int LongestRepeated = 64;

    private static readonly string?[] Repeated = new string?[128];

    /// <summary>Cuts a text to <see cref="LongestText"/>. Secrets are taken out before, since half of one is not recognized.</summary>
    public static string Cut(string text)
    {
        string written = text.Length <= LongestText ? text : SecretRedactor.Default.Redact(text);
        return written.Length <= LongestText ? written : written[..LongestText];
    }

    /// <summary>Decodes a text, cut to <see cref="LongestText"/>; invalid bytes become replacement characters.</summary>
    public static string Of(ReadOnlySpan<byte> utf8) => Cut(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, LongestText * 4)]));

    /// <summary>Decodes a text, or gives the last one again where it is the same.</summary>
    public static string Of(ReadOnlySpan<byte> utf8, string? last) => last is not null && IsSame(utf8, last) ? last : Of(utf8);

    /// <summary>Decodes a word that most requests or answers repeat, such as a model's id, without a new string for each of them.</summary>
    public static string OfRepeated(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > LongestRepeated)
        {
            return Of(utf8);
        }

        // A race replaces a word by another one, which costs a string.
        int place = ((utf8.Length * 31) + (utf8[0] * 7) + (utf8[utf8.Length / 2] * 5) + (utf8[^1] * 3)) & (Repeated.Length - 1);
        string? known = Volatile.Read(ref Repeated[place]);
        if (known is not null && IsSame(utf8, known))
        {
            return known;
        }

        string text = Of(utf8);
        Volatile.Write(ref Repeated[place], text);
        return text;
    }

    private static bool IsSame(ReadOnlySpan<byte> utf8, string last)
    {
        if (utf8.Length != last.Length)
        {
            return false;
        }

        for (int index = 0; index < last.Length; index++)
        {
            if (utf8[index] >= 0x80 || utf8[index] != last[index])
            {
                return false;
            }
        }

        return true;
    }
}
