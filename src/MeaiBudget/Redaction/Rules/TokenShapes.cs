namespace MeaiBudget;

/// <summary>
/// Recognises a secret by the form of a word alone: a prefix, a separator and generated characters; groups of capitals and digits;
/// generated parts joined by dots.
/// </summary>
internal static class TokenShapes
{
    /// <summary>The maximum length of a word that is read as a whole. Longer ones are data, unless they begin like a secret.</summary>
    public const int Longest = 1024;

    private const int LongestPrefix = 40;
    private const int Random = 35;
    private const int RandomHexadecimal = 25;
    private const int LengthOfHash = 32;
    private const int ShortestAfterSecretWord = 12;
    private const int UnpronounceablePrefix = 50;
    private const int LengthOfCode = 3;
    private const int LengthOfKey = 64;
    private const int LongestCode = 8;
    private const int LengthOfId = 21;
    private const int MostData = 96;
    private const int ShortestData = 36;
    private const int ShortestPart = 16;
    private const int ShortestLong = 24;
    private const int RandomData = 50;
    private static readonly System.Buffers.SearchValues<char> DataCharacters = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    /// <summary>Words that come before identifiers, hashes and versions, which look like secrets and are none.</summary>
    private static readonly HashSet<string> Identifiers = new(StringComparer.OrdinalIgnoreCase)
    {
        "sha", "md5", "crc", "hash", "digest", "integrity", "commit", "rev", "ref", "etag", "tag", "uuid", "guid", "id", "urn",
        "req", "request", "msg", "message", "chatcmpl", "cmpl", "compl", "resp", "response", "rs", "fc", "fco", "ci", "ws", "ig", "mcp", "mcpl", "mcpr", "call", "toolu", "tool", "srvtoolu",
        "file", "asst", "run", "thread", "step", "batch", "batches", "msgbatch", "vs", "vsfb", "ftjob", "ft", "ftckpt", "org", "proj", "project", "user", "usr", "cus", "evt", "event", "pi", "ch", "in", "sub", "price",
        "prod", "acct", "trace", "span", "sess", "session", "gen", "chunk", "css", "img", "image", "icon", "font", "cell", "node", "block", "tx", "txn", "addr", "item", "obj", "object",
        "doc", "page", "build", "job", "task", "op", "fp", "conv", "ctx", "container", "cntr", "embd", "model", "layer", "blob", "snapshot", "subnet", "vpc", "ami", "eni", "group", "bundle", "version",
        "data", "base64", "hex", "index", "main", "vendor", "module", "class", "style", "test", "video", "audio", "upload", "artifact", "release", "skill", "memory", "sjob", "eval", "evalrun", "output", "part", "ephemeral", "resource", "reservation", "lease",
    };

    private static readonly HashSet<string> SecretWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "key", "apikey", "secret", "token", "pat", "sk", "api", "auth", "access", "password", "pwd", "live", "prod", "sdk", "mob", "svc", "bearer", "refresh", "client", "oauth",
    };

    /// <summary>Decides whether the word between two positions is a secret.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        SecretVerdict verdict = MarkedShapes.DecideData(text, start, end, out match);
        if (verdict != SecretVerdict.None)
        {
            return verdict;
        }

        if (IsInData(text.Characters, start) || OrdinaryValue.IsDrawing(text.Characters[start..end]))
        {
            return SecretVerdict.None;
        }

        if (end < text.Length && text[end] is '+' or '/' && text.Characters[start..end].ContainsAny('_', '-'))
        {
            verdict = DecidePrefixedData(text, start, end, out match);
            if (verdict != SecretVerdict.None)
            {
                return verdict;
            }
        }

        verdict = DecidePrefix(text, start, end, out match);
        if (verdict != SecretVerdict.None || end - start >= Longest)
        {
            return verdict;
        }

        SecretVerdict placeholder = SecretPlaceholder.Follows(text, end);
        if (placeholder != SecretVerdict.None)
        {
            // The rest of this word was redacted before, and must not change by another redaction.
            return placeholder == SecretVerdict.NeedsMore ? placeholder : SecretVerdict.None;
        }

        verdict = JoinedShape.Decide(text, start, end, out match);
        if (verdict != SecretVerdict.None)
        {
            return verdict;
        }

        verdict = MarkedShapes.Decide(text, start, end, out match);
        if (verdict != SecretVerdict.None)
        {
            return verdict;
        }

        verdict = EncodedText.Decide(text, start, end, out match);
        if (verdict != SecretVerdict.None)
        {
            return verdict;
        }

        ReadOnlySpan<char> word = text.Characters[start..end];
        match = new SecretMatch(start, end);
        if (word.EndsWith("EXAMPLE") || IsHashInBase64(word) || text.Characters[Math.Min(text.Floor, start)..start].EndsWith("base64,"))
        {
            // How cloud providers mark the ids of their documentation; the hash of a file; an image.
            return SecretVerdict.None;
        }

        if (IsPrefixed(word) || IsGrouped(word) || (BareShape.IsAccessKey(word) && (start == 0 || text[start - 1] is not ('+' or '/'))))
        {
            return SecretVerdict.Found;
        }

        return BareShape.Decide(text, start, end);
    }

    private static bool IsHashInBase64(ReadOnlySpan<char> word) => word.StartsWith("sha", StringComparison.OrdinalIgnoreCase) && word.IndexOf('-') is 4 or 6 && char.IsAsciiDigit(word[3]);

    /// <summary>A prefix, a separator, and base64 with its signs: <c>apk_user_k3+9...</c>.</summary>
    private static SecretVerdict DecidePrefixedData(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        ReadOnlySpan<char> word = text.Characters[start..end];
        int body = word.LastIndexOfAny('_', '-') + 1;
        if (body > LongestPrefix)
        {
            return SecretVerdict.None;
        }

        bool isSecret = false;
        ReadOnlySpan<char> last = default;
        bool isFirst = true;
        foreach (Range range in word[..(body - 1)].SplitAny('_', '-'))
        {
            last = word[..(body - 1)][range];
            if (!IsPrefixWord(last, isFirst))
            {
                return SecretVerdict.None;
            }

            isFirst = false;
            isSecret |= IsSecretWord(last);
        }

        ReadOnlySpan<char> window = text.Characters[(start + body)..Math.Min(text.Length, start + body + MostData)];
        int length = window.IndexOfAnyExcept(DataCharacters);
        if (length < 0 && window.Length < MostData && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        ReadOnlySpan<char> data = (length < 0 ? window : window[..length]).TrimEnd('=');
        var mix = CharacterMix.Of(data);
        match = new SecretMatch(start, SecretRuns.Base64, start + body);
        return data.Length >= ShortestData && mix is { Upper: >= 6, Lower: >= 6, Digits: >= 3 } && mix.Others * 6 < data.Length && Randomness.Of(data) >= RandomData && !Randomness.HasZeros(data) && (isSecret || !IsIdentifier(last))
            ? SecretVerdict.Found
            : SecretVerdict.None;
    }

    private static SecretVerdict DecidePrefix(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        for (int at = start; at + 1 < end || at == start; at++)
        {
            if (at > start && text[at - 1] is not ('_' or '-'))
            {
                int next = text.Characters[at..end].IndexOfAny('_', '-');
                if (next < 0)
                {
                    break;
                }

                at += next;
                continue;
            }

            if (at + 1 >= text.Length)
            {
                break;
            }

            foreach (PrefixRule rule in SecretPrefixes.Beginning(text[at], text[at + 1]) ?? [])
            {
                SecretVerdict verdict = rule.DecideAt(text, at, out match);
                if (verdict != SecretVerdict.None)
                {
                    return verdict;
                }
            }
        }

        return SecretVerdict.None;
    }

    /// <summary>True in base64 data, whose words are separated by plus signs and slashes.</summary>
    private static bool IsInData(ReadOnlySpan<char> text, int start)
    {
        const int Least = 64;
        if (start < Least || text[start - 1] is not ('+' or '/'))
        {
            return false;
        }

        ReadOnlySpan<char> before = text[(start - Least)..start];
        return before.IndexOfAnyExcept(SecretRuns.Base64.Characters) < 0 && before.ContainsAnyInRange('0', '9') && Randomness.Of(before) >= Random;
    }

    /// <summary>A prefix of one to four words, a separator, and generated characters.</summary>
    private static bool IsPrefixed(ReadOnlySpan<char> word)
    {
        word = word.Trim("-_");
        int at = 0;
        ReadOnlySpan<char> last = default;
        bool isSecret = false;
        while (at <= LongestPrefix)
        {
            int length = word[at..].IndexOfAny('_', '-');
            ReadOnlySpan<char> part = length < 0 ? word[at..] : word[at..(at + length)];
            if (at > 0 && IsGenerated(word, word[at..], part, last, isSecret))
            {
                return isSecret || !((IsIdentifier(last) && !IsKeyOfCode(last, part)) || IsNumberedId(word[at..]) || (part.Length is >= ShortestPart and < ShortestLong && (EndsWithWords(word[(at + part.Length)..]) || Randomness.IsWords(part))) || word.StartsWith("ZN") || (word.Length == LengthOfId && at <= LongestCode));
            }

            if (length <= 0 || !IsPrefixWord(part, isFirst: at == 0))
            {
                return false;
            }

            isSecret |= IsSecretWord(part);
            last = part;
            at += length + 1;
        }

        return false;
    }

    /// <summary>Two letters that cannot be said and 64 hexadecimal digits: identifiers behind such letters are shorter.</summary>
    private static bool IsKeyOfCode(ReadOnlySpan<char> last, ReadOnlySpan<char> part) => last.Length == 2 && part.Length == LengthOfKey && Randomness.Of(last) >= UnpronounceablePrefix && !last.ContainsAnyInRange('0', '9');

    /// <summary>True for a word that names a secret, or ends so.</summary>
    internal static bool IsSecretWord(ReadOnlySpan<char> word) => SecretWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word) || word.EndsWith("token", StringComparison.OrdinalIgnoreCase) || word.EndsWith("secret", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a word that comes before identifiers, hashes and versions.</summary>
    internal static bool IsIdentifier(ReadOnlySpan<char> word)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> identifiers = Identifiers.GetAlternateLookup<ReadOnlySpan<char>>();
        return identifiers.Contains(word) || identifiers.Contains(word.TrimEnd("0123456789"));
    }

    /// <summary>Identifiers that sort by their time begin with 01: they are no secrets.</summary>
    private static bool IsNumberedId(ReadOnlySpan<char> body) => body.Length is >= 22 and <= 27 && body.StartsWith("01");

    /// <summary>True if words of letters follow a part, as in a name of code: <c>_mask</c>, <c>_array_view</c>.</summary>
    private static bool EndsWithWords(ReadOnlySpan<char> rest) => rest.Length > 3 && rest[0] == '_' && !rest.ContainsAnyInRange('0', '9') && !rest.ContainsAnyInRange('A', 'Z') && Randomness.IsName(rest[1..].IndexOf('_') < 0 ? $"a{rest}" : rest);

    private static bool IsPrefixWord(ReadOnlySpan<char> part, bool isFirst)
    {
        var mix = CharacterMix.Of(part);
        if (isFirst && !part.IsEmpty && !IsSecretWord(part) && (char.IsAsciiDigit(part[0]) || (part.Length <= LongestCode && mix is { Upper: > 0, Lower: > 0 } && !(mix.Upper == 1 && char.IsAsciiLetterUpper(part[0])))))
        {
            // The beginning of a generated id.
            return false;
        }

        return part.Length <= 14 && (isFirst ? mix.Letters > 0 && mix.Digits <= 3 : mix.Digits <= 2 || mix.Letters == 0) && (part.Length < 10 || Randomness.Of(part) < Random + 10);
    }

    private static bool IsGenerated(ReadOnlySpan<char> word, ReadOnlySpan<char> body, ReadOnlySpan<char> part, ReadOnlySpan<char> last, bool isSecret)
    {
        var mix = CharacterMix.Of(part);
        bool isMixed = mix.Digits >= 2 ? mix.Letters >= 4 : mix.Upper >= 4 && mix.Lower >= 4 && (part.Length >= 24 || mix.Digits > 0);
        if (part.Length >= ShortestPart && isMixed && Randomness.Of(part) >= (!mix.IsHexadecimal ? Random : isSecret && part.Length >= LengthOfHash ? 0 : RandomHexadecimal))
        {
            // A hash in hexadecimal digits follows many words; only a word for a secret makes it one.
            return !mix.IsHexadecimal || (isSecret ? part.Length >= 24 : part.Length >= 32 && (word[^(body.Length + 1)] == '_' || (Randomness.Of(last) >= UnpronounceablePrefix && (!SecretValue.IsHash(part) || (last.Length <= LengthOfCode && part.Length == LengthOfKey)))));
        }

        if (IsUuid(body) && (isSecret || last is "production" or "sandbox" || (last.Length >= 4 && (!last.ContainsAnyExceptInRange('A', 'Z') || Randomness.Of(last) >= UnpronounceablePrefix))))
        {
            return true;
        }

        if (isSecret && part.Length >= ShortestAfterSecretWord && part.Length == body.Length && mix is { Digits: >= 1, Upper: >= 2, Lower: >= 2 } or { Upper: >= 4, Lower: >= 4 } && Randomness.Of(part) >= Random - 10)
        {
            return true;
        }

        // Generated characters may contain separators themselves.
        var whole = CharacterMix.Of(body);
        return body.Length >= 28 && whole.Upper >= 4 && whole.Lower >= 4 && whole.Digits >= 2 && !whole.IsHexadecimal && Randomness.Of(body) >= Random + 10;
    }

    internal static bool IsUuid(ReadOnlySpan<char> body) =>
        body.Length >= 36 && body[8] == '-' && body[13] == '-' && body[18] == '-' && body[23] == '-' && CharacterMix.Of(body[..36]) is { Others: 4, NotHexadecimal: 4 };

    /// <summary>At least four groups of capitals and digits, as in a licence key.</summary>
    private static bool IsGrouped(ReadOnlySpan<char> word)
    {
        int groups = 0, mixed = 0;
        foreach (Range range in word.Split('-'))
        {
            ReadOnlySpan<char> part = word[range];
            var mix = CharacterMix.Of(part);
            if (mix.Lower > 0 || mix.Others > 0 || part.Length is < 2 or > 12)
            {
                return false;
            }

            groups++;
            mixed += part.Length >= 4 && mix.Letters > 0 && mix.Digits > 0 ? 1 : 0;
        }

        return groups >= 4 && mixed >= 3 && CharacterMix.Of(word).NotHexadecimal > groups - 1 + 2;
    }
}
