namespace MeaiBudget;

/// <summary>Generated parts that are joined by dots or colons: <c>id.secret</c>, <c>id:secret</c>, <c>prefix.id.secret</c>.</summary>
internal static class JoinedShape
{
    private const int Most = 320;
    private const int MostBefore = 88;
    private const int MostParts = 6;
    private const int Random = 35;
    private const int ShortestPart = 16;
    private const int ShortestHexadecimalPart = 24;
    private const int LongHexadecimalPart = 32;
    private const int ShortestTogether = 40;
    private const int LongestPartOfName = 14;

    /// <summary>Decides whether the parts around a word are a secret together.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        bool isJoined = JointBefore(text.Characters[..start]) > 0 || end == text.Length || text[end] is '.' or ':' or '!' or '%' or '\\';
        if (!isJoined)
        {
            return SecretVerdict.None;
        }

        // Back to the first part, then forward to the last one; a joint may be escaped.
        int from = start;
        while (JointBefore(text.Characters[..from]) is var before && before > 0 && from > before && WordScanner.IsWord(text[from - before - 1]))
        {
            int previous = from - before;
            while (previous > 0 && start - previous < MostBefore && WordScanner.IsWord(text[previous - 1]))
            {
                previous--;
            }

            if (start - previous >= MostBefore)
            {
                break;
            }

            from = previous;
        }

        Span<char> chain = stackalloc char[MostBefore + Most + 1];
        int count = 0;
        var cursor = new TextCursor(text, from);
        int last = from;
        int parts = 1, longest = 0, partStart = 0;
        while (count < chain.Length - 1 && cursor.At < start + Most)
        {
            char character = cursor.Raw();
            if (character < 128 && WordScanner.IsWord(character))
            {
                chain[count++] = character;
                last = ++cursor.At;
                continue;
            }

            character = cursor.Peek(out int length);
            char next = cursor.Raw(length);
            if (!IsJoint(character) || next >= 128 || !WordScanner.IsWord(next))
            {
                break;
            }

            longest = Math.Max(longest, count - partStart);
            if (++parts > MostParts && longest < ShortestPart)
            {
                // A list of words: it is not read again at each of them.
                return SecretVerdict.None;
            }

            chain[count++] = character;
            partStart = count;
            cursor.At += length;
        }

        if (cursor.NeedsMore)
        {
            return SecretVerdict.NeedsMore;
        }

        SecretVerdict placeholder = SecretPlaceholder.Follows(text, last);
        if (placeholder != SecretVerdict.None)
        {
            return placeholder == SecretVerdict.NeedsMore ? placeholder : SecretVerdict.None;
        }

        match = new SecretMatch(from, last);
        if (from > text.Floor && (text[from - 1] == '+' || (text[from - 1] == '/' && chain[1] == ':' && char.IsAsciiDigit(chain[0]))))
        {
            // The build of a version: 1.12.0+dev.0123...; the namespace of a bill of materials: /1:...:...
            return SecretVerdict.None;
        }

        return IsSecret(chain[..count]) ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>The length of the dot, colon or exclamation mark, plain or escaped, that a text ends with; zero if there is none.</summary>
    private static int JointBefore(ReadOnlySpan<char> text) =>
        text.IsEmpty ? 0
        : IsJoint(text[^1]) ? 1
        : text[^1] is not ('A' or 'a') ? 0
        : text.EndsWith("%253A", StringComparison.OrdinalIgnoreCase) ? 5
        : text.EndsWith("%3A", StringComparison.OrdinalIgnoreCase) ? 3
        : text.EndsWith("\\u003A", StringComparison.OrdinalIgnoreCase) ? 6
        : 0;

    private static bool IsSecret(ReadOnlySpan<char> chain)
    {
        if (chain.StartsWith("SPDXRef-"))
        {
            // An identifier of a bill of materials.
            return false;
        }

        int parts = 0, generated = 0, together = 0;
        bool hasLong = false;
        ReadOnlySpan<char> previous = default;
        char joint = default;
        while (!chain.IsEmpty)
        {
            int length = chain.IndexOfAny('.', ':', '!');
            ReadOnlySpan<char> part = length < 0 ? chain : chain[..length];
            var mix = CharacterMix.Of(part);
            if (joint == ':' && previous.Length == 36 && TokenShapes.IsUuid(previous) && (part is "fx" || (mix.IsHexadecimal && part.Length >= 32)))
            {
                // A UUID and a secret, as some model providers join them.
                return true;
            }

            if (joint == '.' && part.Length == 36 && TokenShapes.IsUuid(part) && TokenShapes.IsSecretWord(previous))
            {
                return true;
            }

            bool isGenerated = IsGenerated(part, mix) && !(joint != default && TokenShapes.IsIdentifier(previous));
            generated += isGenerated ? 1 : 0;
            together += isGenerated ? part.Length : 0;
            hasLong |= isGenerated && part.Length >= ShortestHexadecimalPart && joint switch
            {
                '.' => mix.IsHexadecimal ? part.Length >= ShortestTogether : mix.Upper >= 3 || mix.Lower >= 3,
                ':' => (mix is { Upper: >= 3, Lower: >= 3 } && IsIdOfSecret(previous)) || TokenShapes.IsSecretWord(previous),
                _ => false,
            };
            parts++;
            previous = part;
            joint = length < 0 ? default : chain[length];
            chain = length < 0 ? default : chain[(length + 1)..];
        }

        return parts is > 1 and <= MostParts && ((generated >= 2 && together >= ShortestTogether) || hasLong);
    }

    /// <summary>The public half of a pair: letters and digits that are no word.</summary>
    private static bool IsIdOfSecret(ReadOnlySpan<char> part) => part.Length >= 6 && CharacterMix.Of(part) is { Letters: > 0 } && Randomness.Of(part) >= Random;

    private static bool IsGenerated(ReadOnlySpan<char> part, in CharacterMix mix) =>
        (mix is { Digits: >= 2, Letters: >= 4 } or { Upper: >= 4, Lower: >= 4 } || (mix is { IsHexadecimal: true, Letters: >= 4 } && part.Length >= LongHexadecimalPart)) && (mix.Others == 0 || mix is { Lower: >= 3, Upper: >= 3 }) && !IsNameOfCode(part)
        && (mix.IsHexadecimal ? part.Length >= ShortestHexadecimalPart : part.Length >= ShortestPart && Randomness.Of(part) >= Random);

    /// <summary>A name of several short parts, and one that a compiler made.</summary>
    private static bool IsNameOfCode(ReadOnlySpan<char> part)
    {
        int longest = 0;
        int start = 0;
        for (int at = 0; at <= part.Length; at++)
        {
            if (at == part.Length || part[at] == '_')
            {
                longest = Math.Max(longest, at - start);
                start = at + 1;
            }
        }

        return longest < LongestPartOfName || part.StartsWith("_ZN");
    }

    private static bool IsJoint(char character) => character is '.' or ':' or '!';
}
