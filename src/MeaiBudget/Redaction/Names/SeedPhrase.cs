using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>The words of a wallet behind the name of a phrase: on one line, numbered, each on its own line, or as a list in code.</summary>
internal static class SeedPhrase
{
    private const int FewestWords = 12;
    private const int MostWords = 25;
    private const int ShortestWord = 3;
    private const int LongestWord = 10;
    private const int LongestText = 640;
    private const int LongestNote = 32;
    private static readonly System.Buffers.SearchValues<char> Between = System.Buffers.SearchValues.Create(" \t\r\n,.;:()[]\"'`|-*#>");

    /// <summary>Words that sentences have and the word lists of wallets do not.</summary>
    private static readonly FrozenSet<string> FunctionWords = FrozenSet.ToFrozenSet(
        ["the", "of", "is", "are", "was", "were", "be", "been", "and", "or", "to", "for", "from", "in", "on", "by", "as", "at", "it", "its", "not", "may", "which", "has", "have", "does", "your", "you", "if", "an", "a"]);

    /// <summary>True if a text has words that are in no wallet's list.</summary>
    public static bool IsSentence(ReadOnlySpan<char> text)
    {
        foreach (Range range in text.Split(' '))
        {
            if (IsFunctionWord(text[range]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Skips a note behind the name, such as <c>(12 words)</c>.</summary>
    public static void SkipNote(ref TextCursor cursor)
    {
        if (cursor.Raw() != '(')
        {
            return;
        }

        int length = 1;
        while (length < LongestNote && cursor.Raw(length) is not (')' or '\n' or '\0'))
        {
            length++;
        }

        cursor.At += cursor.Raw(length) == ')' ? length + 1 : 0;
    }

    /// <summary>Decides whether the words of a wallet follow a position.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, out SecretMatch match)
    {
        match = default;
        int most = Math.Min(text.Length, start + LongestText);
        int words = 0;
        int at = start;
        int first = -1;
        int end = start;
        while (at < most && words <= MostWords)
        {
            char character = text[at];
            if (Between.Contains(character) || char.IsAsciiDigit(character))
            {
                at++;
                continue;
            }

            int from = at;
            while (at < most && char.IsLower(text[at]))
            {
                at++;
            }

            if (at == text.Length && !text.IsFinal)
            {
                return SecretVerdict.NeedsMore;
            }

            if (at - from is < ShortestWord or > LongestWord || (at < most && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '=')) || IsFunctionWord(text.Characters[from..at]))
            {
                at = from;
                break;
            }

            words++;
            first = first < 0 ? from : first;
            end = at;
        }

        if (words <= MostWords && at == text.Length && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        match = new SecretMatch(Math.Max(first, start), end);
        return words is >= FewestWords and <= MostWords ? SecretVerdict.Found : SecretVerdict.None;
    }

    private static bool IsFunctionWord(ReadOnlySpan<char> word) => FunctionWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word.TrimEnd(".,;:"));
}
