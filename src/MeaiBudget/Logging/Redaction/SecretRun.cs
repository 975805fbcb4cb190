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
}

/// <summary>Characters of a set.</summary>
internal sealed class CharacterRun(SearchValues<char> characters) : SecretRun
{
    public SearchValues<char> Characters { get; } = characters;

    public override int Walk(ReadOnlySpan<char> text, int from, bool isFinal, out bool isClosed)
    {
        int length = text[from..].IndexOfAnyExcept(Characters);
        isClosed = length >= 0 || isFinal;
        return length < 0 ? text.Length : from + length;
    }
}

/// <summary>Everything up to one of some characters, or to an escaped line break or quote (<c>\n</c> written as two characters).</summary>
internal sealed class DelimitedRun(string delimiters) : SecretRun
{
    private readonly SearchValues<char> _stops = SearchValues.Create(delimiters + "\\");

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
            if (text[from] != '\\')
            {
                isClosed = true;
                return from;
            }

            if (from + 1 == text.Length)
            {
                isClosed = isFinal;
                return isFinal ? text.Length : from;
            }

            if (text[from + 1] is 'n' or 'r' or 't' or 'u' or '"' or '\'')
            {
                isClosed = true;
                return from;
            }

            from++;
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
            int length = text[from..].IndexOfAny(_stops);
            if (length < 0)
            {
                isClosed = isFinal;
                return text.Length;
            }

            from += length;
            if (text[from] != '\\')
            {
                isClosed = true;
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
