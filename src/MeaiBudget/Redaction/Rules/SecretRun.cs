using System.Buffers;

namespace MeaiBudget;

/// <summary>How far a secret goes once it has begun.</summary>
/// <remarks>
/// Whether a character belongs to a run never depends on where the run began, so that overlapping secrets share what was
/// found out (see <see cref="SecretScan"/>) and no text is walked twice for one run.
/// </remarks>
internal abstract class SecretRun
{
    /// <summary>
    /// Walks from a position inside the run. Returns the position up to which everything belongs to the run; if the text
    /// may go on and does not show the end, <paramref name="isClosed"/> is false and the walk goes on from what was returned.
    /// </summary>
    public abstract int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed);

    /// <summary>Goes on to the next character that may end the run. A backslash is for the caller to look at; whatever else is found ends it.</summary>
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

/// <summary>Characters of a set, as themselves or as JSON escapes them.</summary>
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
            int escape = character == '\\' ? EscapedCharacter.Read(text, from, out character) : 0;
            if (escape <= 0 || !Characters.Contains(character))
            {
                isClosed = escape >= 0 || isFinal;
                return from;
            }

            from += escape;
        }
    }
}

/// <summary>Everything up to one of some characters, as themselves or as JSON escapes them, or to an escaped line break or quote.</summary>
internal sealed class DelimitedRun(string delimiters) : SecretRun
{
    private readonly SearchValues<char> _stops = SearchValues.Create(delimiters + "\\");

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        while (true)
        {
            if (!ReachesBackslash(text, _stops, isFinal, ref from, out isClosed))
            {
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
}

/// <summary>A quoted value, up to its closing quote or the end of the line. In JSON within JSON a quote has backslashes before it.</summary>
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

            // As many backslashes as the opening quote has, or fewer: they escape a quote of an outer string, which closes this one.
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

            // One more: an escape of this string's own, which takes the character that follows along.
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

/// <summary>A quoted value in JSON within JSON whose quotes are escaped by number (<c>\u0022</c>), as .NET's serializer writes them.</summary>
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
                // More than any quote has; as many are kept as make that plain.
                isClosed = false;
                return text.Length - SecretRuns.MostBackslashes - 1;
            }

            // The character after them may be a quote of an outer string, which ends this one.
            from = count < 0 ? text.Length : from + count;
        }
    }
}

/// <summary>A list in brackets, and whatever stands at the closing one without a break.</summary>
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

        // Going on from inside the rest, where a closing bracket may never come again, would swallow what follows.
        int end = rest.Walk(text, from + length + 1, isFinal, out isClosed);
        return isClosed ? end : from + length;
    }
}

/// <summary>The body of a private key, up to and including its END line; without one, everything.</summary>
internal sealed class PrivateKeyRun : SecretRun
{
    private const string End = "-----END";
    private const int LongestEndLine = 80;

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        int length = text[from..].IndexOf(End);
        if (length < 0)
        {
            isClosed = isFinal;
            return isFinal ? text.Length : Math.Max(from, text.Length - End.Length + 1);
        }

        int end = from + length;
        ReadOnlySpan<char> line = text[(end + End.Length)..];
        bool isWhole = isFinal || line.Length >= LongestEndLine;
        line = line[..Math.Min(line.Length, LongestEndLine)];
        int dashes = line.IndexOf("-----");
        isClosed = dashes >= 0 || isWhole;
        return dashes >= 0 ? end + End.Length + dashes + "-----".Length
            : isClosed ? end + End.Length
            : end;
    }
}
