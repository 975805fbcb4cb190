using System.Buffers;

namespace MeaiBudget;

/// <summary>Finds the end of a secret after its beginning was found.</summary>
/// <remarks>
/// Whether a character is part of a run does not depend on the start of the run. So overlapping secrets can share the result
/// (see <see cref="SecretScan"/>), and no text is walked twice for one run.
/// </remarks>
internal abstract class SecretRun
{
    /// <summary>
    /// Walks from a position inside the run and returns the position up to which all characters are part of it. If the text may
    /// continue and does not contain the end, <paramref name="isClosed"/> is false and the next walk starts at the returned position.
    /// </summary>
    public abstract int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed);

    /// <summary>
    /// Advances to the next character that may end the run. Returns true for a backslash, which the caller must check; every other stop
    /// ends the run.
    /// </summary>
    protected static bool ReachesBackslash(ReadOnlySpan<char> text, SearchValues<char> stops, bool isFinal, ref int at, out bool isClosed)
    {
        int length = text[at..].IndexOfAny(stops);
        if (length < 0)
        {
            at = text.Length;
            isClosed = isFinal;
            return false;
        }

        at += length;
        isClosed = text[at] != '\\';
        return !isClosed;
    }
}

/// <summary>Characters of a set, plain or JSON-escaped.</summary>
internal sealed class CharacterRun(SearchValues<char> characters) : SecretRun
{
    public SearchValues<char> Characters { get; } = characters;

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        while (true)
        {
            int length = text[from..].IndexOfAnyExcept(Characters);
            if (length < 0)
            {
                isClosed = isFinal;
                return text.Length;
            }

            from += length;
            char character = text[from];
            int escape = character switch
            {
                '\\' => EscapedCharacter.Read(text, from, out character),
                '%' => EscapedCharacter.ReadPercent(text, from, out character),
                _ => 0,
            };
            if (escape <= 0 || !Characters.Contains(character))
            {
                isClosed = escape >= 0 || isFinal;
                return from;
            }

            from += escape;
        }
    }
}

/// <summary>All characters up to a delimiter, plain or JSON-escaped, or up to an escaped line break or quote.</summary>
internal sealed class DelimitedRun(string delimiters) : SecretRun
{
    private const int LongestMember = 48;
    private static readonly SearchValues<char> MemberName = SearchValues.Create(SecretPattern.TokenCharacters + ".[]#%");
    private readonly SearchValues<char> _stops = SearchValues.Create(delimiters + "\\");

    /// <summary>False if an ampersand ends the value only before the name of another parameter or as the beginning of an entity: passwords have ampersands, too.</summary>
    public bool IsParameter { get; init; } = true;

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        while (true)
        {
            if (!ReachesBackslash(text, _stops, isFinal, ref from, out isClosed))
            {
                if (!IsParameter && from < text.Length && text[from] == '&' && IsPart(text[(from + 1)..], isFinal) is var part and not false)
                {
                    if (part is null)
                    {
                        isClosed = false;
                        return from;
                    }

                    from++;
                    continue;
                }

                return from;
            }

            if (from + 1 == text.Length)
            {
                isClosed = isFinal;
                return isFinal ? text.Length : from;
            }

            char character = text[from + 1];
            int escape = character == 'u' ? EscapedCharacter.Read(text, from, out character) : 1;
            if (escape < 0)
            {
                isClosed = isFinal;
                return isFinal ? text.Length : from;
            }

            bool isEnd = text[from + 1] == 'u'
                ? escape > 0 && (character is '"' or '\'' || char.IsControl(character) || _stops.Contains(character))
                : character is 'n' or 'r' or 't' or '"' or '\'';
            if (isEnd)
            {
                isClosed = true;
                return from;
            }

            from += Math.Max(escape, 1);
        }
    }

    /// <summary>True if an ampersand before this text is part of a value; null if more text is needed.</summary>
    private static bool? IsPart(ReadOnlySpan<char> text, bool isFinal)
    {
        ReadOnlySpan<char> window = text[..Math.Min(text.Length, LongestMember)];
        int length = window.IndexOfAnyExcept(MemberName);
        return length < 0 && !isFinal && window.Length < LongestMember ? null
            : length < 0 ? !window.IsEmpty
            : length > 0 && window[length] is not ('=' or ';');
    }
}

/// <summary>A quoted value, up to its closing quote or the end of the line. In JSON within JSON, backslashes precede a quote.</summary>
internal sealed class QuotedRun(char quote, int backslashes) : SecretRun
{
    private readonly SearchValues<char> _stops = SearchValues.Create([quote, '\\', '\r', '\n']);

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        while (true)
        {
            if (!ReachesBackslash(text, _stops, isFinal, ref from, out isClosed))
            {
                return from;
            }

            // The same number of backslashes as at the opening quote, or fewer: a quote of an outer string, which also closes this one.
            int count = Backslashes(text, from);
            if (count <= backslashes && from + count < text.Length)
            {
                if (text[from + count] == quote)
                {
                    isClosed = true;
                    return from;
                }

                from += count;
                continue;
            }

            // One backslash more: an escape within this string, which includes the next character.
            int escaped = from + count;
            int more = Backslashes(text, escaped);
            int next = more > backslashes ? escaped + more : escaped + more + 1;
            if (next > text.Length)
            {
                isClosed = isFinal;
                return isFinal ? text.Length : from;
            }

            from = next;
        }
    }

    private int Backslashes(ReadOnlySpan<char> text, int at)
    {
        int count = 0;
        while (count <= backslashes && at + count < text.Length && text[at + count] == '\\')
        {
            count++;
        }

        return count;
    }
}

/// <summary>A quoted value in JSON within JSON whose quotes are escaped numerically (<c>\u0022</c>), as .NET's serializer does.</summary>
internal sealed class EscapedQuotedRun(char quote, int backslashes) : SecretRun
{
    private static readonly SearchValues<char> Stops = SearchValues.Create("\"\\\r\n");

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        while (true)
        {
            if (!ReachesBackslash(text, Stops, isFinal, ref from, out isClosed))
            {
                return from;
            }

            int escape = EscapedCharacter.Read(text, from, out char character);
            if (escape < 0)
            {
                isClosed = isFinal;
                return isFinal ? text.Length : from;
            }

            if (escape > 0 && character == quote && escape - EscapedCharacter.Number <= backslashes)
            {
                isClosed = true;
                return from;
            }

            if (escape > 0)
            {
                from += escape;
                continue;
            }

            int count = text[from..].IndexOfAnyExcept('\\');
            if (count < 0 && !isFinal)
            {
                // More backslashes than any quote has. Keep enough of them to recognise this again.
                isClosed = false;
                return text.Length - SecretRuns.MostBackslashes - 1;
            }

            // The character after the backslashes may be a quote of an outer string, which ends this one.
            from = count < 0 ? text.Length : from + count;
        }
    }
}

/// <summary>All characters up to one of some characters or one of some sequences, in any case.</summary>
internal sealed class SequenceRun(string ends, string[] sequences) : SecretRun
{
    private readonly SearchValues<char> _stops = SearchValues.Create(ends + string.Concat(sequences.Select(static sequence => sequence[0]).Distinct()));
    private readonly int _longest = sequences.Max(static sequence => sequence.Length);

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        while (true)
        {
            int length = text[from..].IndexOfAny(_stops);
            if (length < 0)
            {
                isClosed = isFinal;
                return text.Length;
            }

            from += length;
            if (ends.Contains(text[from]) || IsSequence(text[from..]))
            {
                isClosed = true;
                return from;
            }

            if (!isFinal && text.Length - from < _longest)
            {
                isClosed = false;
                return from;
            }

            from++;
        }
    }

    private bool IsSequence(ReadOnlySpan<char> text)
    {
        foreach (string sequence in sequences)
        {
            if (text.StartsWith(sequence, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A bracketed list, and the characters that directly follow the closing bracket.</summary>
internal sealed class BracketedRun(SecretRun rest) : SecretRun
{
    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        int length = text[from..].IndexOf(']');
        if (length < 0)
        {
            isClosed = isFinal;
            return text.Length;
        }

        // If the rest is still open, return to the bracket: from inside the rest, the next walk would search for another bracket.
        int end = rest.Walk(text, from + length + 1, isFinal, out isClosed);
        return isClosed ? end : from + length;
    }
}

/// <summary>The body of a private key, up to and including its END line; all text if there is none.</summary>
internal sealed class PrivateKeyRun(string dashes, string end) : SecretRun
{
    private const int LongestEndLine = 80;

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        int length = text[from..].IndexOf(end);
        if (length < 0)
        {
            isClosed = isFinal;
            return isFinal ? text.Length : Math.Max(from, text.Length - end.Length + 1);
        }

        int start = from + length;
        ReadOnlySpan<char> line = text[(start + end.Length)..];
        bool isWhole = isFinal || line.Length >= LongestEndLine;
        line = line[..Math.Min(line.Length, LongestEndLine)];
        int close = line.IndexOf(dashes);
        isClosed = close >= 0 || isWhole;
        return close >= 0 ? start + end.Length + close + dashes.Length
            : isClosed ? start + end.Length
            : start;
    }
}
