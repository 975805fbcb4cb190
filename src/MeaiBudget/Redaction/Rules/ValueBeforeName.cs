namespace MeaiBudget;

/// <summary>A value that stands before the name of the secret: <c>{"value": "...", "name": "DB_PASSWORD"}</c>.</summary>
internal static class ValueBeforeName
{
    private const int Window = 160;
    private const int LongestGap = 24;
    private const int LongestName = 64;
    private static readonly string[] NameMembers = ["name", "key", "variable", "parameter"];

    /// <summary>True for the word that such a value has.</summary>
    public static bool IsValue(ReadOnlySpan<char> word) => word.Equals("value", StringComparison.OrdinalIgnoreCase);

    /// <summary>Decides behind the word <c>value</c>.</summary>
    public static SecretVerdict Decide(in SecretText text, int end, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, end);
        SkipPunctuation(ref cursor, stopAtQuote: false, out bool isAssigned);
        char quote = cursor.At > end ? text[cursor.At - 1] : default;
        if (cursor.NeedsMore || !isAssigned || !SecretRuns.IsQuote(quote))
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        int backslashes = 0;
        while (cursor.At - 2 - backslashes > end && text[cursor.At - 2 - backslashes] == '\\')
        {
            backslashes++;
        }

        if (backslashes > SecretRuns.MostBackslashes)
        {
            return SecretVerdict.None;
        }

        int start = cursor.At;
        SecretRun run = SecretRuns.Quoted(quote, backslashes);
        ReadOnlySpan<char> window = text.Characters[..Math.Min(text.Length, start + Window)];
        int close = run.Walk(window, start, text.IsFinal, out bool isWhole);
        if (!isWhole)
        {
            return window.Length == start + Window ? SecretVerdict.None : SecretVerdict.NeedsMore;
        }

        cursor.At = close;
        SkipPunctuation(ref cursor, stopAtQuote: true, out bool _);
        int member = 0;
        foreach (string known in NameMembers)
        {
            member = member == 0 && cursor.Continues(known) ? known.Length : member;
        }

        if (member == 0)
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        cursor.At += member;
        SkipPunctuation(ref cursor, stopAtQuote: false, out isAssigned);
        int name = cursor.At;
        while (cursor.At - name < LongestName && cursor.Raw() is var character && (char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or ' '))
        {
            cursor.At++;
        }

        if (cursor.NeedsMore || !isAssigned)
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        NameStrength strength = NameOf(text.Characters[name..cursor.At]);
        match = new SecretMatch(start, run, start);
        var context = new NameContext(name, cursor.At, strength, NameSeparator.Assignment, IsEquals: false, IsQuoted: true);
        return strength is not (NameStrength.None or NameStrength.Phrase or NameStrength.Cookie) && SecretValue.IsSecret(text, text.Characters[start..close], context, isQuoted: true, isWeak: false)
            ? SecretVerdict.Found
            : SecretVerdict.None;
    }

    private static NameStrength NameOf(ReadOnlySpan<char> name)
    {
        int word = name.LastIndexOfAny(' ', '.') + 1;
        return name.IsEmpty ? NameStrength.None
            : name.ContainsAnyExceptInRange('\0', '\u007f') ? SecretNames.StrengthOfForeign(name)
            : SecretNames.StrengthOf(name[word..], name[..word]);
    }

    private static void SkipPunctuation(ref TextCursor cursor, bool stopAtQuote, out bool isAssigned)
    {
        isAssigned = false;
        int from = cursor.At;
        bool isOpen = false;
        while (cursor.At - from < LongestGap && cursor.Peek(out int length) is var character && character is '"' or '\'' or ':' or '=' or ',' or ' ' or '\n' or '\r' or '\t' or '\\')
        {
            isAssigned |= character is ':' or '=';
            isOpen |= isAssigned && character is '"' or '\'';
            cursor.At += length;
            if (isOpen && !stopAtQuote)
            {
                return;
            }
        }
    }
}
