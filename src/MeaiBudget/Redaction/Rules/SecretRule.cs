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
internal class PrefixRule(string prefix, CharacterRun run, int minLength) : SecretRule(prefix)
{
    private const int Generated = 25;
    private const int LongestName = 64;
    private const int ShortestWord = 3;

    public bool AtWordStart { get; init; }

    /// <summary>True if what follows the prefix must look generated.</summary>
    public bool IsChecked { get; init; }

    /// <summary>True if the secret has the minimum length and no more.</summary>
    public bool IsExact { get; init; }

    /// <summary>The character that must precede the prefix; NUL if any may.</summary>
    public char After { get; init; }

    /// <summary>True if a name of several words may follow the prefix, which is no secret.</summary>
    public bool KeepsNames { get; init; }

    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match)
    {
        match = default;
        return AtWordStart && !followsSecret && !IsWordStart(text.Characters, at) ? SecretVerdict.None : DecideAt(text, at, out match);
    }

    /// <summary>Decides at a position that is known to begin a word.</summary>
    public virtual SecretVerdict DecideAt(in SecretText text, int at, out SecretMatch match)
    {
        match = default;
        int body = at + Trigger.Length;
        ReadOnlySpan<char> visible = text.Characters[at..Math.Min(body, text.Length)];
        if (!Trigger.AsSpan().StartsWith(visible, StringComparison.Ordinal) || (After != default && (at == 0 || text[at - 1] != After)))
        {
            return SecretVerdict.None;
        }

        if (visible.Length < Trigger.Length)
        {
            return text.AtEnd;
        }

        SecretVerdict verdict = DecideBody(text, body);
        if (verdict == SecretVerdict.Found && IsExact && (body + minLength == text.Length ? !text.IsFinal : run.Characters.Contains(text[body + minLength])))
        {
            return body + minLength == text.Length ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        match = new SecretMatch(at, run, body);
        return verdict == SecretVerdict.Found && (IsChecked || (KeepsNames && IsOfWords(Rest(text, body)))) && !LooksGenerated(text, body) ? SecretVerdict.None : verdict;
    }

    /// <summary>False for words, names of code, and data with many zero bytes.</summary>
    private bool LooksGenerated(in SecretText text, int body)
    {
        ReadOnlySpan<char> rest = Rest(text, body);
        int end = rest.IndexOfAnyExcept(SecretRuns.Token.Characters);
        return Randomness.Of(text.Characters.Slice(body, Math.Min(minLength, text.Length - body))) >= Generated
            && !Randomness.IsName(end < 0 ? rest : rest[..end])
            && !(run == SecretRuns.Base64 && Randomness.HasZeros(rest[..Math.Min(minLength, rest.Length)]));
    }

    private ReadOnlySpan<char> Rest(in SecretText text, int body) => text.Characters[body..Math.Min(text.Length, body + Math.Max(minLength, LongestName))];

    /// <summary>True for at least two words of letters, joined by separators.</summary>
    private static bool IsOfWords(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAnyExcept(SecretRuns.Token.Characters);
        rest = end < 0 ? rest : rest[..end];
        int words = 0;
        foreach (Range range in rest.SplitAny('-', '_'))
        {
            ReadOnlySpan<char> part = rest[range];
            words += part.Length >= ShortestWord && CharacterMix.Of(part).Letters == part.Length ? 1 : 0;
        }

        return words >= 2;
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

/// <summary>A JSON web token whose header begins with any member: two or more parts, as base64 of JSON alone is also used for other data.</summary>
internal sealed class JsonWebTokenRule() : PrefixRule("eyJ", SecretRuns.JsonWebToken, 20)
{
    private const int LongestHeader = 512;

    public override SecretVerdict DecideAt(in SecretText text, int at, out SecretMatch match)
    {
        SecretVerdict verdict = base.DecideAt(text, at, out match);
        if (verdict != SecretVerdict.Found)
        {
            return verdict;
        }

        ReadOnlySpan<char> header = text.Characters.Slice(at, Math.Min(LongestHeader, text.Length - at));
        int end = header.IndexOfAnyExcept(SecretRuns.Base64.Characters);
        return end < 0 ? (header.Length < LongestHeader ? text.AtEnd : SecretVerdict.None)
            : header[end] == '.' ? SecretVerdict.Found
            : SecretVerdict.None;
    }
}

/// <summary>A name that the application defined.</summary>
internal sealed class OwnNameRule(string name) : SecretRule(name)
{
    public override SecretVerdict Decide(in SecretText text, int at, bool followsSecret, out SecretMatch match) =>
        NamedSecret.Decide(text, at, at + Trigger.Length, NameStrength.Own, out match);
}

/// <summary>The credentials after <c>Bearer</c> or <c>Basic</c>. Their length or their characters distinguish them from prose.</summary>
internal sealed class SchemeRule(SecretRun run, bool isBase64)
{
    public static SchemeRule Bearer { get; } = new(SecretRuns.Bearer, isBase64: false);

    public static SchemeRule Basic { get; } = new(SecretRuns.Base64, isBase64: true);

    /// <summary>Decides behind the scheme's name.</summary>
    public SecretVerdict DecideAt(in SecretText text, int end, out SecretMatch match)
    {
        match = default;
        var cursor = new TextCursor(text, end);
        int blanks = NamedSecret.SkipBlanks(ref cursor, out int _);
        bool isArgument = blanks == 0 && SkipToNextArgument(ref cursor);
        if (cursor.NeedsMore || (blanks == 0 && !isArgument))
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        match = new SecretMatch(cursor.At, run, cursor.At);
        ReadOnlySpan<char> credentials = Credentials.Visible(text, cursor.At, run, out bool isWhole);
        if (!isWhole)
        {
            return SecretVerdict.NeedsMore;
        }

        SecretVerdict placeholder = SecretPlaceholder.Follows(text, cursor.At + credentials.Length);
        if (placeholder != SecretVerdict.None)
        {
            return placeholder == SecretVerdict.NeedsMore ? placeholder : SecretVerdict.None;
        }

        return credentials.Length >= 8 && (isBase64 ? HasPassword(credentials) || (credentials.Length >= 16 && SecretValue.Looks(credentials)) : SecretValue.Looks(credentials))
            ? SecretVerdict.Found
            : SecretVerdict.None;
    }

    /// <summary>From a scheme that is an argument of its own to the next one: <c>("Bearer", "...")</c>.</summary>
    private static bool SkipToNextArgument(ref TextCursor cursor)
    {
        char quote = cursor.Peek(out int length);
        if (quote is not ('"' or '\''))
        {
            return false;
        }

        cursor.At += length;
        if (cursor.Raw() != ',')
        {
            return false;
        }

        cursor.At++;
        NamedSecret.SkipBlanks(ref cursor, out int _);
        if (cursor.Peek(out length) != quote)
        {
            return false;
        }

        cursor.At += length;
        return true;
    }

    /// <summary>True for base64 of <c>user:password</c>.</summary>
    private static bool HasPassword(ReadOnlySpan<char> credentials)
    {
        Span<byte> decoded = stackalloc byte[Credentials.Window];
        credentials = credentials.TrimEnd('=');
        credentials = credentials[..(credentials.Length / 4 * 4)];
        return Convert.TryFromBase64Chars(credentials, decoded, out int count)
            && decoded[..count].Contains((byte)':') && decoded[..count].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
    }
}

/// <summary>Reads the beginning of credentials.</summary>
internal static class Credentials
{
    public const int Window = 96;

    /// <summary>Returns the beginning of a run, limited to the characters that a rule may read.</summary>
    public static ReadOnlySpan<char> Visible(in SecretText text, int start, SecretRun run, out bool isWhole)
    {
        ReadOnlySpan<char> window = text.Characters[..Math.Min(text.Length, start + Window)];
        int end = run.Walk(window, start, text.IsFinal || window.Length == start + Window, out isWhole);
        return window[start..end];
    }
}
