using System.Text;

namespace MeaiBudget;

/// <summary>Text in base64 that is a user name with a password, or has a secret inside.</summary>
internal static class EncodedText
{
    private const int Shortest = 16;
    private const int Longest = 1024;
    private const int First = 12;
    private const int ShortestPassword = 4;
    private static readonly System.Buffers.SearchValues<char> NotInPassword = System.Buffers.SearchValues.Create("/:{}\",");
    private static readonly System.Buffers.SearchValues<char> UserName = System.Buffers.SearchValues.Create(SecretPattern.TokenCharacters + ".@+");
    private static readonly System.Buffers.SearchValues<byte> Printable = System.Buffers.SearchValues.Create([(byte)'\t', (byte)'\r', (byte)'\n', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (byte)code)]);

    /// <summary>Decides whether a word is such a text.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        if (end - start < Shortest || text.Characters[start..end].ContainsAny('_', '-') || (start > 0 && text[start - 1] is '+' or '/'))
        {
            return SecretVerdict.None;
        }

        Span<byte> decoded = stackalloc byte[Longest];
        if (!Convert.TryFromBase64Chars(text.Characters.Slice(start, First), decoded, out int count) || !IsText(decoded[..count]))
        {
            return SecretVerdict.None;
        }

        int last = end;
        while (last < text.Length && last - end < 2 && text[last] == '=')
        {
            last++;
        }

        if (last == text.Length && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        if (end - start > Longest || !TryDecode(text.Characters[start..end], decoded, out count) || !IsText(decoded[..count]))
        {
            return SecretVerdict.None;
        }

        string plain = Encoding.ASCII.GetString(decoded[..count]);
        match = new SecretMatch(start, last);
        return IsUserWithPassword(plain) || SecretScan.FindsAny(plain, SecretRuleSet.None) ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>True for a word that is base64 of readable text.</summary>
    public static bool IsText(ReadOnlySpan<char> word)
    {
        Span<byte> decoded = stackalloc byte[Longest];
        return word.Length <= Longest && !word.ContainsAny('_', '-') && TryDecode(word, decoded, out int count) && IsText(decoded[..count]);
    }

    /// <summary>Decodes base64 without its padding.</summary>
    private static bool TryDecode(ReadOnlySpan<char> word, Span<byte> decoded, out int count)
    {
        int whole = word.Length / 4 * 4;
        if (!Convert.TryFromBase64Chars(word[..whole], decoded, out count))
        {
            return false;
        }

        ReadOnlySpan<char> rest = word[whole..];
        if (rest.Length > 1)
        {
            Span<char> padded = ['=', '=', '=', '='];
            rest.CopyTo(padded);
            if (!Convert.TryFromBase64Chars(padded, decoded[count..], out int more))
            {
                return false;
            }

            count += more;
        }

        return true;
    }

    private static bool IsUserWithPassword(string plain)
    {
        int colon = plain.IndexOf(':', StringComparison.Ordinal);
        return colon >= 2 && plain.Length - colon > ShortestPassword && plain.AsSpan(0, colon).IndexOfAnyExcept(UserName) < 0
            && !plain.Contains(' ', StringComparison.Ordinal) && plain.AsSpan(colon + 1).IndexOfAny(NotInPassword) < 0;
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(Printable) < 0;
}
