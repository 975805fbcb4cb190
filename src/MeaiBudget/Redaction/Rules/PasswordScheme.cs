using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>A password or its hash behind how it is stored: <c>{SSHA}...</c>, <c>{PLAIN}...</c>, <c>{noop}...</c>, in directories, mail servers and Spring.</summary>
internal static class PasswordScheme
{
    private const int Longest = 256;
    private static readonly System.Buffers.SearchValues<char> Ends = System.Buffers.SearchValues.Create(" \t\r\n\"'`:,;<>(){}[]\\|");

    /// <summary>The schemes, without the digits behind them.</summary>
    public static string[] Names { get; } =
        ["ssha", "sha", "smd5", "md5", "crypt", "plain", "cleartext", "noop", "bcrypt", "scrypt", "pbkdf2", "argon2", "argon2i", "argon2id", "blf-crypt", "sha-crypt", "sha256-crypt", "sha512-crypt", "md5-crypt", "cram-md5", "digest-md5", "ntlm"];

    private static FrozenSet<string> Known { get; } = FrozenSet.ToFrozenSet(Names, StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a scheme in braces.</summary>
    public static bool IsScheme(in SecretText text, int start, int end) =>
        start > 0 && text[start - 1] == '{' && end < text.Length && text[end] == '}' && end - start <= "sha512-crypt".Length
        && (Known.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text.Characters[start..end]) || Known.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text.Characters[start..end].TrimEnd("0123456789")));

    /// <summary>Decides at the closing brace.</summary>
    public static SecretVerdict Decide(in SecretText text, int brace, out SecretMatch match)
    {
        int start = brace + 1;
        ReadOnlySpan<char> value = text.Characters[start..Math.Min(text.Length, start + Longest)];
        int length = value.IndexOfAny(Ends);
        match = new SecretMatch(start, start + Math.Max(length, 0));
        if (length < 0 && value.Length < Longest)
        {
            match = new SecretMatch(start, text.Length);
            return text.IsFinal && IsSecret(value) ? SecretVerdict.Found : text.AtEnd;
        }

        // What an earlier redaction left begins with a bracket.
        return length > 0 && IsSecret(value[..length]) ? SecretVerdict.Found : SecretVerdict.None;
    }

    private static bool IsSecret(ReadOnlySpan<char> value) => SecretValue.Looks(value) || SecretValue.LooksChosen(value);
}
