using System.Buffers;

namespace MeaiBudget;

/// <summary>One form of secret. The scan searches for <see cref="Trigger"/>; the rule decides whether a secret begins there.</summary>
/// <remarks>A rule reads a bounded number of characters, which keeps the scan linear.</remarks>
internal abstract class SecretRule(string trigger)
{
    /// <summary>The maximum number of characters that a rule reads before its trigger.</summary>
    public const int LookBehind = 96;

    /// <summary>The text that the scan searches for; case is ignored.</summary>
    public string Trigger { get; } = trigger;

    /// <summary>Decides whether a secret begins at an occurrence of the trigger.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Start of the trigger, in any case.</param>
    /// <param name="followsSecret">True if another secret ends here, which counts as a word boundary.</param>
    /// <param name="match">The match, if there is one.</param>
    public abstract SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match);

    /// <summary>True if no word continues across this position. An escape sequence (<c>\n</c>, <c>\u000a</c>, <c>%20</c>) is not part of a word.</summary>
    protected static bool IsWordStart(ReadOnlySpan<char> text, int at)
    {
        if (at == 0 || !(char.IsAsciiLetterOrDigit(text[at - 1]) || text[at - 1] == '_'))
        {
            return true;
        }

        return (at >= 2 && text[at - 2] == '\\' && text[at - 1] is 'n' or 'r' or 't' or 'b' or 'f')
            || (at >= 3 && text[at - 3] == '%' && char.IsAsciiHexDigit(text[at - 2]) && char.IsAsciiHexDigit(text[at - 1]))
            || (at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u');
    }
}

/// <summary>A fixed prefix, followed by a minimum number of characters of a set.</summary>
internal sealed class PrefixRule(string prefix, CharacterRun run, int minLength) : SecretRule(prefix)
{
    public bool AtWordStart { get; init; }

    /// <summary>Characters before the prefix that are part of the secret, if the prefix is a marker in its middle.</summary>
    public SearchValues<char>? Before { get; init; }

    /// <summary>The maximum number of characters of <see cref="Before"/>.</summary>
    public int MaxBefore { get; init; }

    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match)
    {
        match = default;
        int body = at + Trigger.Length;
        if (!text.Characters[at..].StartsWith(Trigger, StringComparison.Ordinal)
            || (AtWordStart && !followsSecret && !IsWordStart(text.Characters, at)))
        {
            return SecretVerdict.None;
        }

        SecretVerdict verdict = DecideBody(text, body);
        if (verdict != SecretVerdict.Found)
        {
            return verdict;
        }

        int start = at;
        while (Before is not null && start > 0 && at - start < MaxBefore && Before.Contains(text[start - 1]))
        {
            start--;
        }

        match = new SecretMatch(Math.Min(at, EscapedCharacter.EndAround(text.Characters, start)), run, body);
        return SecretVerdict.Found;
    }

    private SecretVerdict DecideBody(in SecretText text, int body)
    {
        ReadOnlySpan<char> visible = text.Characters.Slice(body, Math.Min(minLength, text.Length - body));
        int other = visible.IndexOfAnyExcept(run.Characters);
        if (other < 0)
        {
            return visible.Length < minLength ? text.AtEnd : SecretVerdict.Found;
        }

        if (visible[other] != '\\')
        {
            return SecretVerdict.None;
        }

        // The run may continue after an escaped character, so read as many characters as one escape can have.
        int most = body + minLength + EscapedCharacter.Longest;
        ReadOnlySpan<char> window = text.Characters[..Math.Min(text.Length, most)];
        int length = run.Walk(window, body, text.IsFinal || window.Length == most, out bool isClosed) - body;
        return length >= minLength ? SecretVerdict.Found : isClosed ? SecretVerdict.None : SecretVerdict.NeedsMore;
    }
}

/// <summary>The credentials after <c>Bearer</c> or <c>Basic</c>. Their length or their characters distinguish them from prose.</summary>
internal sealed class SchemeRule(string scheme, CharacterRun run, int minLength, int plainLength) : SecretRule(scheme)
{
    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match)
    {
        match = default;
        if (!followsSecret && !IsWordStart(text.Characters, at))
        {
            return SecretVerdict.None;
        }

        int start = at + Trigger.Length;
        int gap = start;
        while (start < text.Length && start - gap < 8 && text[start] is ' ' or '\t')
        {
            start++;
        }

        if (start == text.Length)
        {
            return text.AtEnd;
        }

        return start == gap ? SecretVerdict.None : Credentials.Decide(text, start, run, minLength, plainLength, out match);
    }
}

/// <summary>Distinguishes credentials from words.</summary>
internal static class Credentials
{
    private const int Window = 64;

    /// <summary>
    /// Finds at least <paramref name="minLength"/> characters that are not only letters of a word (a digit, a sign, a capital
    /// inside), or <paramref name="plainLength"/> characters of any kind.
    /// </summary>
    public static SecretVerdict Decide(in SecretText text, int start, SecretRun run, int minLength, int plainLength, out SecretMatch match)
    {
        match = new SecretMatch(start, run, start);
        ReadOnlySpan<char> visible = Visible(text, start, run, out bool isWhole);
        int placeholder = BeforePlaceholder(visible, isWhole);
        if (plainLength > 1 || placeholder == 0)
        {
            // A placeholder of an earlier redaction is not a secret, and must not make the rest look like one.
            visible = visible[..placeholder];
        }

        if (visible.Length >= plainLength || (visible.Length >= minLength && IsNoWord(visible)))
        {
            return SecretVerdict.Found;
        }

        return isWhole ? SecretVerdict.None : SecretVerdict.NeedsMore;
    }

    /// <summary>Returns the length of the text before a placeholder, or before what may become one.</summary>
    public static int BeforePlaceholder(ReadOnlySpan<char> visible, bool isWhole)
    {
        int placeholder = visible.IndexOf(SecretRedactor.Placeholder);
        if (placeholder >= 0 || isWhole)
        {
            return placeholder < 0 ? visible.Length : placeholder;
        }

        int bracket = visible.LastIndexOf(SecretRedactor.Placeholder[0]);
        return bracket >= 0 && SecretRedactor.Placeholder.AsSpan().StartsWith(visible[bracket..]) ? bracket : visible.Length;
    }

    /// <summary>Returns the beginning of a run, limited to the characters that a rule may read.</summary>
    public static ReadOnlySpan<char> Visible(in SecretText text, int start, SecretRun run, out bool isWhole)
    {
        ReadOnlySpan<char> window = text.Characters[..Math.Min(text.Length, start + Window)];
        int end = run.Walk(window, start, text.IsFinal || window.Length == start + Window, out isWhole);
        return window[start..end];
    }

    public static bool IsNoWord(ReadOnlySpan<char> text)
    {
        bool hasLower = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsAsciiDigit(c) || c is '+' or '/' or '=' or '_' or '~' || (hasLower && char.IsAsciiLetterUpper(c)))
            {
                return true;
            }

            hasLower |= char.IsAsciiLetterLower(c);
        }

        return false;
    }
}

/// <summary>User name and password in a URL, <c>scheme://user:password@host</c>.</summary>
internal sealed class UserInfoRule() : SecretRule("://")
{
    private const int LongestAuthority = 1024;
    private const int LongestHarmlessName = 15;
    private static readonly SearchValues<char> Ends = SearchValues.Create("/?#\"'`<> \t\r\n\\");

    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match)
    {
        match = default;
        int start = at + Trigger.Length;
        ReadOnlySpan<char> authority = text.Characters.Slice(start, Math.Min(LongestAuthority, text.Length - start));
        int length = EndOf(authority, text.IsFinal || authority.Length == LongestAuthority);
        if (length < 0 && authority.Length < LongestAuthority && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        authority = length < 0 ? authority : authority[..length];
        int end = authority.LastIndexOf('@');
        if (end <= 0 || authority[..end].Contains(SecretRedactor.Placeholder, StringComparison.Ordinal) || (end <= LongestHarmlessName && !authority[..end].Contains(':')))
        {
            return SecretVerdict.None;
        }

        match = new SecretMatch(start, start + end);
        return SecretVerdict.Found;
    }

    /// <summary>Returns the end of the authority; negative if the text ends too early to decide.</summary>
    private static int EndOf(ReadOnlySpan<char> authority, bool isWhole)
    {
        int from = 0;
        while (true)
        {
            int length = authority[from..].IndexOfAny(Ends);
            if (length < 0)
            {
                return length;
            }

            from += length;
            char character = authority[from];
            int escape = character == '\\' ? EscapedCharacter.Read(authority, from, out character) : 0;
            if (escape < 0 && !isWhole)
            {
                return escape;
            }

            if (escape <= 0 || Ends.Contains(character))
            {
                return from;
            }

            from += escape;
        }
    }
}

/// <summary>A PEM private key, from its BEGIN line on.</summary>
internal sealed class PrivateKeyRule() : SecretRule(Begin)
{
    public const string Begin = "-----BEGIN";
    private const int LongestLabel = 64;
    private static readonly SearchValues<char> Label = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");

    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match)
    {
        int label = at + Trigger.Length;
        ReadOnlySpan<char> line = text.Characters.Slice(label, Math.Min(LongestLabel, text.Length - label));
        int end = line.IndexOfAnyExcept(Label);
        match = new SecretMatch(at, SecretRuns.PrivateKey, label + Math.Max(end, 0));
        if (end < 0)
        {
            return line.Length == LongestLabel ? SecretVerdict.None : text.AtEnd;
        }

        return line[end] == '-' && line[..end].Contains("PRIVATE KEY", StringComparison.Ordinal) ? SecretVerdict.Found : SecretVerdict.None;
    }
}
