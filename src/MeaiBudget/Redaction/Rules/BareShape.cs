namespace MeaiBudget;

/// <summary>Generated letters and digits without a prefix that are not part of base64 data.</summary>
internal static class BareShape
{
    private const int Shortest = 30;
    private const int ShortestOneCase = 32;
    private const int ShortestWithSigns = 32;
    private const int ShortestLong = 32;
    private const int Longest = 240;
    private const int Random = 45;
    private const int RandomOfLong = 40;
    private const int MostBetweenLines = 24;
    private const int MostBetweenEnds = 6;
    private const int MostPrefix = 16;
    private const int LeastOfLine = 40;
    private const int LeastOfPrevious = 32;

    public static SecretVerdict Decide(in SecretText text, int start, int end)
    {
        ReadOnlySpan<char> word = text.Characters[start..end];
        if (word.Length is < Shortest or > Longest || (start > 0 && text[start - 1] is '+' or '/' or '.' or '#' or '%' or '~') || !IsGenerated(word))
        {
            return SecretVerdict.None;
        }

        var cursor = new TextCursor(text, end);
        char next = cursor.Peek(out int length);
        bool isContinued = next is '+' or '/' or '=' or '~' || (next == '.' && (char.IsLetterOrDigit(cursor.Raw(length)) || cursor.Raw(length) == '_'));
        if (cursor.NeedsMore || isContinued)
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        return IsBetweenLinesOfData(text, start, end);
    }

    private static bool IsGenerated(ReadOnlySpan<char> word)
    {
        var mix = CharacterMix.Of(word);
        bool isMixed = mix switch
        {
            { Others: > 0 } => !IsAfterWord(word) && word.Length >= ShortestWithSigns && mix is { Digits: >= 4, Upper: >= 6, Lower: >= 6, Others: <= 6 },
            { Digits: >= 3, Upper: >= 5, Lower: >= 5 } => true,
            { Digits: >= 5, Upper: 0 } or { Digits: >= 5, Lower: 0 } => word.Length >= ShortestOneCase && mix.NotHexadecimal >= 8,
            _ => false,
        };
        return isMixed && Randomness.Of(word) >= (word.Length >= ShortestLong ? RandomOfLong : Random);
    }

    /// <summary>True if a word precedes the first sign: whether the rest is an identifier or a secret depends on the word.</summary>
    private static bool IsAfterWord(ReadOnlySpan<char> word)
    {
        ReadOnlySpan<char> first = word[..Math.Max(0, word.IndexOfAny('_', '-'))];
        return !first.ContainsAnyInRange('0', '9') && (!first.ContainsAnyInRange('A', 'Z') || Randomness.Of(first) < Random);
    }

    /// <summary>Data in base64 that is broken into lines, such as a certificate or a signature in a comment, is no secret.</summary>
    private static SecretVerdict IsBetweenLinesOfData(in SecretText text, int start, int end)
    {
        ReadOnlySpan<char> before = text.Characters[Math.Max(0, start - LeastOfLine - MostBetweenLines)..start];
        int line = before.LastIndexOf('\n');
        ReadOnlySpan<char> previous = line < 0 ? default : before[..line].TrimEnd("\r\"',+ ");
        if (previous.Length >= LeastOfPrevious && IsData(previous[^LeastOfPrevious..]))
        {
            return SecretVerdict.None;
        }

        ReadOnlySpan<char> after = text.Characters[end..Math.Min(text.Length, end + LeastOfLine + MostBetweenLines)];
        line = after[..Math.Min(after.Length, MostBetweenEnds)].IndexOf('\n');
        if (line < 0 && (after.Length >= MostBetweenEnds || text.IsFinal))
        {
            return SecretVerdict.Found;
        }

        if (after.Length < LeastOfLine + MostBetweenLines && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        after = after[(line + 1)..];
        for (int prefix = 0; prefix <= MostPrefix && prefix + LeastOfLine <= after.Length; prefix++)
        {
            if (IsData(after.Slice(prefix, LeastOfLine)))
            {
                return SecretVerdict.None;
            }
        }

        return SecretVerdict.Found;
    }

    private static bool IsData(ReadOnlySpan<char> line) => line.IndexOfAnyExcept(SecretRuns.Base64.Characters) < 0 && line.ContainsAnyInRange('0', '9') && Randomness.Of(line) >= 30;
}
