using System.Text;

namespace MeaiBudget;

/// <summary>Short texts that are taken over from requests and answers.</summary>
internal static class WireText
{
    /// <summary>The longest id, name or code that is taken over, in characters.</summary>
    public const int LongestText = 256;

    /// <summary>Cuts a text to <see cref="LongestText"/>.</summary>
    public static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText];

    /// <summary>Decodes a text, cut to <see cref="LongestText"/>; invalid bytes become replacement characters.</summary>
    public static string Of(ReadOnlySpan<byte> utf8) => Cut(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, LongestText * 4)]));

    /// <summary>Decodes a text, or gives the last one again where it is the same.</summary>
    public static string Of(ReadOnlySpan<byte> utf8, string? last) => last is not null && IsSame(utf8, last) ? last : Of(utf8);

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
