using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>Why a piece of the text may be, or name, a secret.</summary>
[Flags]
internal enum PieceKinds
{
    None = 0,

    /// <summary>A word that may be a secret by its form.</summary>
    Shape = 1,

    /// <summary>A word that ends like a name.</summary>
    Name = 2,

    /// <summary>A word with letters beyond ASCII that ends like a name.</summary>
    ForeignName = 4,

    /// <summary>A word that begins with a hyphen.</summary>
    Option = 8,

    /// <summary>The signs between scheme and authority of an address.</summary>
    Address = 16,

    /// <summary>A colon before a number, as in a line of a password file.</summary>
    Colon = 32,

    /// <summary>A word with escaped characters inside.</summary>
    Escaped = 64,

    /// <summary>The word goes on beyond the length that is read.</summary>
    Cut = 128,

    /// <summary>The text ends before the end of the piece.</summary>
    Incomplete = 256,

    /// <summary>A word that may name a call with a password among its arguments.</summary>
    Call = 512,
}

/// <summary>A piece of the text that the rules look at.</summary>
internal readonly record struct Piece(int Start, int End, PieceKinds Kinds);

/// <summary>
/// Finds the words of a text that may be, or name, secrets, and passes over all others with one look at each character. Escapes
/// separate words (<c>\n</c>, <c>%20</c>) or are part of them (<c>\u002d</c>).
/// </summary>
internal static class WordScanner
{
    private const byte Lower = 1;
    private const byte Upper = 2;
    private const byte Digit = 4;
    private const byte Joint = 8;
    private const byte Word = Lower | Upper | Digit | Joint;
    private const byte Special = 16;
    private const byte Foreign = 32;

    private const int ShortestShape = 16;
    private const char Escape = '\u001b';

    private const int ShortestWithTail = 8;
    private const int LengthOfAccessKey = 20;

    private static readonly byte[] Kinds = CreateKinds();

    public static SearchValues<char> DataCharacters => SecretRuns.Base64.Characters;

    /// <summary>Returns the next piece that begins before <paramref name="stop"/>; one without kinds if there is none.</summary>
    public static Piece Next(ReadOnlySpan<char> text, int from, int stop, bool isFinal)
    {
        ref char first = ref MemoryMarshal.GetReference(text);
        ref byte kinds = ref MemoryMarshal.GetArrayDataReference(Kinds);
        int length = text.Length;
        int at = from;
        while (at < stop)
        {
            int kind = KindOf(ref first, ref kinds, at);
            if (kind == 0)
            {
                at++;
                continue;
            }

            Piece piece;
            if (kind < Special)
            {
                int start = at;
                int all = kind;
                while (++at < length && (kind = KindOf(ref first, ref kinds, at)) is not 0 and < Special)
                {
                    all |= kind;
                }

                if (at < length && IsOrdinary(ref first, start, at, all, kind))
                {
                    continue;
                }

                piece = ReadWord(text, start, start, isFinal, PieceKinds.None);
            }
            else
            {
                piece = kind == Special ? ReadSpecial(text, at, isFinal) : ReadForeign(text, at, isFinal);
            }

            if (piece.Kinds != PieceKinds.None)
            {
                return piece;
            }

            at = piece.End;
        }

        return new Piece(Math.Max(at, from), Math.Max(at, from), PieceKinds.None);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int KindOf(ref char first, ref byte kinds, int at)
    {
        char character = Unsafe.Add(ref first, at);
        return character < 128 ? Unsafe.Add(ref kinds, character) : Foreign;
    }

    /// <summary>True for a word that no rule looks at: short, followed by a blank or a common sign, and not ending like a name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOrdinary(ref char first, int start, int end, int all, int next)
    {
        if (end - start >= ShortestShape || (all & (Digit | Joint)) != 0 || next != 0 || end - start < 3)
        {
            return false;
        }

        char following = Unsafe.Add(ref first, end);
        return following is not ('.' or '/' or '~' or '$' or '+')
            && !SecretNames.MayEnd(Unsafe.Add(ref first, end - 3), Unsafe.Add(ref first, end - 2), Unsafe.Add(ref first, end - 1))
            && (following != '(' || !CredentialCall.MayEnd(Unsafe.Add(ref first, end - 2), Unsafe.Add(ref first, end - 1)))
            && (start == 0 || MayFollow(Unsafe.Add(ref first, start - 1), Unsafe.Add(ref first, start), following));
    }

    /// <summary>False behind a letter of another alphabet, and in base64 where a marker may stand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool MayFollow(char previous, char first, char following) => previous < 128 && !(previous is '+' or '/' && (following is '=' or '+' || first == 'A'));

    private static Piece ReadForeign(ReadOnlySpan<char> text, int at, bool isFinal)
    {
        char character = text[at++];
        if ((at < text.Length && char.IsLetter(text[at]) && character <= '\u2E80' && !IsUnspaced(character)) || !SecretNames.MayEndForeign(at > 2 ? text[at - 3] : default, at > 1 ? text[at - 2] : default, character))
        {
            return new Piece(at - 1, at, PieceKinds.None);
        }

        return new Piece(at - 1, at, at == text.Length && !isFinal ? PieceKinds.Incomplete : PieceKinds.ForeignName);
    }

    /// <summary>True for letters of Thai, Lao, Burmese and Khmer, which are written without blanks between words.</summary>
    private static bool IsUnspaced(char character) => character is (>= '\u0E00' and <= '\u0EFF') or (>= '\u1000' and <= '\u109F') or (>= '\u1780' and <= '\u17FF');

    /// <summary>True for letters beyond ASCII, and for invisible signs inside words.</summary>
    private static bool IsForeignLetter(char character) => character >= 128 && (char.IsLetter(character) || char.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.Format);

    public static bool IsWord(char character) => character < 128 && (Kinds[character] & Word) != 0;

    private static Piece ReadWord(ReadOnlySpan<char> text, int start, int at, bool isFinal, PieceKinds found)
    {
        byte[] kinds = Kinds;
        int end = Math.Min(text.Length, start + TokenShapes.Longest);
        byte all = 0;
        (char, char, char) ending = default;
        while (true)
        {
            byte kind = 0;
            int from = at;
            while (at < end && text[at] < 128 && ((kind = kinds[text[at]]) & Word) != 0)
            {
                all |= kind;
                at++;
            }

            if ((found & PieceKinds.Escaped) != 0)
            {
                foreach (char plain in text[Math.Max(from, at - 3)..at])
                {
                    ending = (ending.Item2, ending.Item3, plain);
                }
            }

            if (at == end)
            {
                if (end < text.Length)
                {
                    return new Piece(start, end, found | PieceKinds.Shape | PieceKinds.Cut);
                }

                if (!isFinal)
                {
                    return new Piece(start, end, PieceKinds.Incomplete);
                }

                break;
            }

            if (text[at] < 128 && kind == Special && text[at] != ':')
            {
                var cursor = new TextCursor(new SecretText(text, isFinal), at);
                char escaped = cursor.Peek(out int length);
                if (cursor.NeedsMore)
                {
                    return new Piece(start, at, PieceKinds.Incomplete);
                }

                if (length > 1 && (IsWord(escaped) || IsForeignLetter(escaped)))
                {
                    if ((found & PieceKinds.Escaped) == 0 && at - start >= 2)
                    {
                        ending = (default, text[at - 2], text[at - 1]);
                    }

                    found |= PieceKinds.Escaped;
                    ending = (ending.Item2, ending.Item3, escaped);
                    all |= escaped < 128 ? kinds[escaped] : (byte)0;
                    at = Math.Min(end, at + length);
                    continue;
                }
            }

            break;
        }

        if ((found & PieceKinds.Escaped) != 0 && (all & (Digit | Joint)) == 0 && !SecretNames.MayEndForeign(ending.Item1, ending.Item2, ending.Item3))
        {
            // Text in another alphabet.
            return new Piece(start, at, PieceKinds.None);
        }

        return Classify(text, start, at, all, isFinal, found);
    }

    private static Piece Classify(ReadOnlySpan<char> text, int start, int end, byte all, bool isFinal, PieceKinds found)
    {
        int length = end - start;
        char next = end < text.Length ? text[end] : default;
        if ((found & PieceKinds.Escaped) != 0)
        {
            return new Piece(start, end, found | PieceKinds.Shape | PieceKinds.Name);
        }

        if (length >= ShortestShape ? (all & (Digit | Joint)) != 0 || next == '.' || length >= 24 && all == (Lower | Upper) || length == LengthOfAccessKey && text[start] == 'A' : MayBeginShape(text, start, length, all, next))
        {
            found |= PieceKinds.Shape;
        }
        else if (length >= 3 && (next is '=' or '+' or '/' or '%' or '\\' || (start > 0 && text[start - 1] is '+' or '/')) && MarkedShapes.MayBeData(text[start..end]))
        {
            found |= PieceKinds.Shape;
        }

        if (text[start] == '-')
        {
            found |= PieceKinds.Option;
        }

        if (next == ' ' && end + 1 == text.Length && !isFinal)
        {
            return new Piece(start, end, PieceKinds.Incomplete);
        }

        if (length >= ShortestWithTail && ((all & Joint) != 0 || all == (Lower | Upper)) && IsAssigned(text, end, next) && HasNameInside(text[start..end]))
        {
            // The name of a thing may follow that of the secret: API_KEY_ACME.
            found |= PieceKinds.Name;
        }

        int last = end - 1;
        while (last > start && last > end - 5 && (Kinds[text[last]] & (Digit | Joint)) != 0)
        {
            last--;
        }

        if ((length <= 2 && next == '"' && JsonWebKeyRule.IsMember(text[start..end])) || (next == '>' && start > 0 && text[start - 1] == '<' && XmlKeyRule.IsElement(text[start..end])))
        {
            found |= PieceKinds.Name;
        }

        if (last > start && SecretNames.MayEnd(last - start > 1 ? text[last - 2] : default, text[last - 1], text[last]) && SecretNames.MayBe(text[start..(last + 1)]))
        {
            found |= PieceKinds.Name;
        }

        if (next is '(' or '=' && length > 2 && CredentialCall.MayEnd(text[end - 2], text[end - 1]))
        {
            found |= PieceKinds.Call;
        }

        if (start > 0 && text[start - 1] >= 128 && !char.IsLetter(next) && SecretNames.MayEndForeign(end > 2 ? text[end - 3] : default, end > 1 ? text[end - 2] : default, text[end - 1]))
        {
            found |= PieceKinds.ForeignName;
        }

        return new Piece(start, end, found);
    }

    /// <summary>True if a part of a word, not the last one, ends like a name.</summary>
    private static bool HasNameInside(ReadOnlySpan<char> word)
    {
        for (int i = 3; i < word.Length; i++)
        {
            bool isBoundary = word[i] is '_' or '-' || (char.IsAsciiLetterUpper(word[i]) && char.IsAsciiLetterLower(word[i - 1]));
            if (isBoundary && SecretNames.MayEnd(word[i - 3], word[i - 2], word[i - 1]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True if a word is followed as a name is by its value.</summary>
    private static bool IsAssigned(ReadOnlySpan<char> text, int end, char next) => next is '=' or ':' or '"' or '\'' or '<' or '>' or ']' or '*' || (next == ' ' && end + 1 < text.Length && text[end + 1] is '=' or ':');

    /// <summary>True for a short word that may be the beginning of a secret with other signs inside.</summary>
    private static bool MayBeginShape(ReadOnlySpan<char> text, int start, int length, byte all, char next) => next switch
    {
        '~' => true,
        '.' when (all & Joint) != 0 || (length >= 8 && (all & Digit) != 0) => true,
        '+' when (all & Joint) != 0 => true,
        '.' or '$' or '/' or '%' or ':' or '+' => SecretPrefixes.Beginning(text[start], length > 1 ? text[start + 1] : next) is not null,
        _ => false,
    };

    private static Piece ReadSpecial(ReadOnlySpan<char> text, int at, bool isFinal)
    {
        var cursor = new TextCursor(new SecretText(text, isFinal), at);
        char character = cursor.Peek(out int length);
        char next = text[at] == ':' || length > 1 ? cursor.Raw(length) : default;
        if (cursor.NeedsMore)
        {
            return new Piece(at, text.Length, PieceKinds.Incomplete);
        }

        if (character == ':' && next is '/' or '\\' or '%' or '&')
        {
            return new Piece(at, at + length, PieceKinds.Address);
        }

        if (character == Escape)
        {
            return ReadTerminalSequence(text, at, at + length, isFinal);
        }

        if (text[at] == ':')
        {
            return new Piece(at, at + 1, char.IsAsciiDigit(next) ? PieceKinds.Colon : PieceKinds.None);
        }

        return length > 1 && (IsWord(character) || IsForeignLetter(character))
            ? ReadWord(text, at, at, isFinal, PieceKinds.None)
            : new Piece(at, at + length, PieceKinds.None);
    }

    /// <summary>A colour of a terminal (ESC [ 32 m) is not part of the word behind it.</summary>
    private static Piece ReadTerminalSequence(ReadOnlySpan<char> text, int start, int at, bool isFinal)
    {
        const int Longest = 16;
        int from = at;
        while (at < text.Length && at - from < Longest && (at == from ? text[at] == '[' : char.IsAsciiDigit(text[at]) || text[at] == ';'))
        {
            at++;
        }

        if (at == text.Length && !isFinal)
        {
            return new Piece(start, text.Length, PieceKinds.Incomplete);
        }

        at += at > from && at < text.Length && char.IsAsciiLetter(text[at]) ? 1 : 0;
        return new Piece(start, at, PieceKinds.None);
    }

    private static byte[] CreateKinds()
    {
        byte[] kinds = new byte[128];
        for (char character = default; character < kinds.Length; character++)
        {
            kinds[character] = char.IsAsciiLetterLower(character) ? Lower
                : char.IsAsciiLetterUpper(character) ? Upper
                : char.IsAsciiDigit(character) ? Digit
                : character is '_' or '-' ? Joint
                : character is ':' or '\\' or '%' or '&' or Escape ? Special
                : (byte)0;
        }

        return kinds;
    }
}
