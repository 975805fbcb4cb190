namespace MeaiBudget;

/// <summary>
/// A password in groups of four: <c>abcd efgh ijkl mnop</c>, as services give them to apps that know no second factor, and the seed of
/// such a factor. Only behind the name of a secret.
/// </summary>
internal static class PasswordGroups
{
    private const int LengthOfGroup = 4;
    private const int Fewest = 4;
    private const int Most = 16;
    private const int Random = 35;

    /// <summary>Decides whether such groups begin at a position.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, out SecretMatch match)
    {
        match = default;
        int groups = 0;
        int at = start;
        char joint = default;
        while (groups < Most)
        {
            for (int i = 0; i < LengthOfGroup; i++)
            {
                if (at + i >= text.Length)
                {
                    return text.IsFinal ? Found(text, start, at - 1, groups, out match) : SecretVerdict.NeedsMore;
                }

                if (!IsLetter(text[at + i]))
                {
                    return Found(text, start, at - 1, groups, out match);
                }
            }

            at += LengthOfGroup;
            if (at >= text.Length && !text.IsFinal)
            {
                return SecretVerdict.NeedsMore;
            }

            groups++;
            bool isJoined = at < text.Length && text[at] is ' ' or '-' && (joint == default || text[at] == joint);
            if (!isJoined)
            {
                // A longer word is no group.
                bool isWhole = at == text.Length || !char.IsLetterOrDigit(text[at]);
                return isWhole ? Found(text, start, at, groups, out match) : Found(text, start, at - LengthOfGroup - 1, groups - 1, out match);
            }

            joint = text[at];
            at++;
        }

        return Found(text, start, at - 1, groups, out match);
    }

    /// <summary>Words have four letters, too: generated groups are unlike them.</summary>
    private static SecretVerdict Found(in SecretText text, int start, int end, int groups, out SecretMatch match)
    {
        bool isFound = groups >= Fewest && Randomness.Of(text.Characters[start..end]) >= Random;
        match = isFound ? new SecretMatch(start, end) : default;
        return isFound ? SecretVerdict.Found : SecretVerdict.None;
    }

    private static bool IsLetter(char character) => char.IsAsciiLetterLower(character) || character is >= '2' and <= '7';
}
