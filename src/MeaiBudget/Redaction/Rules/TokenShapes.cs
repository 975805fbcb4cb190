namespace MeaiBudget;

/// <summary>
/// Recognises a secret by the form of a word alone: a prefix, a separator and generated characters; groups of capitals and digits;
/// generated parts joined by dots.
/// </summary>
internal static class TokenShapes
{
    /// <summary>The marker of an Azure storage key; a plus sign precedes it.</summary>
    public const string StorageMarker = "ASt";

    /// <summary>The maximum length of a word that is read as a whole. Longer ones are data, unless they begin like a secret.</summary>
    public const int Longest = 1024;

    private const int LongestPrefix = 40;
    private const int Random = 35;
    private const int UnpronounceablePrefix = 50;
    private const int AzureClientSecret = 30;

    /// <summary>Words that come before identifiers, hashes and versions, which look like secrets and are none.</summary>
    private static readonly HashSet<string> Identifiers = new(StringComparer.OrdinalIgnoreCase)
    {
        "sha", "sha1", "sha256", "sha384", "sha512", "md5", "crc", "hash", "digest", "integrity", "commit", "rev", "ref", "etag", "tag", "uuid", "guid", "id", "urn",
        "req", "request", "msg", "message", "chatcmpl", "cmpl", "compl", "resp", "response", "rs", "fc", "fco", "ci", "ws", "ig", "mcp", "mcpl", "mcpr", "call", "toolu", "tool", "srvtoolu",
        "file", "asst", "run", "thread", "step", "batch", "batches", "msgbatch", "vs", "vsfb", "ftjob", "ft", "ftckpt", "org", "proj", "project", "user", "usr", "cus", "evt", "event", "pi", "ch", "in", "sub", "price",
        "prod", "acct", "trace", "span", "sess", "session", "gen", "chunk", "css", "img", "image", "icon", "font", "cell", "node", "block", "tx", "txn", "addr", "item", "obj", "object",
        "doc", "page", "build", "job", "task", "op", "fp", "conv", "ctx", "container", "cntr", "embd", "model", "layer", "blob", "snapshot", "subnet", "vpc", "ami", "eni", "group", "bundle", "version",
        "data", "base64", "hex", "index", "main", "vendor", "module", "class", "style", "test", "video", "audio", "upload", "artifact", "release", "skill", "memory", "sjob", "eval", "evalrun", "output", "part", "ephemeral", "resource", "reservation", "lease",
    };

    private static readonly HashSet<string> SecretWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "key", "apikey", "secret", "token", "pat", "sk", "api", "auth", "access", "password", "pwd", "live", "prod", "sdk", "mob", "svc", "bearer", "refresh", "client",
    };

    /// <summary>Decides whether the word between two positions is a secret.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        ReadOnlySpan<char> word = text.Characters[start..end];
        if (word.StartsWith(StorageMarker) && IsStorageKey(text, start, end, out match))
        {
            return SecretVerdict.Found;
        }

        if (IsInData(text.Characters, start))
        {
            return SecretVerdict.None;
        }

        SecretVerdict verdict = DecidePrefix(text, start, end, out match);
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

        verdict = DecideDotted(text, start, end, out match);
        if (verdict != SecretVerdict.None)
        {
            return verdict;
        }

        verdict = DecideMarked(text, start, end, out match);
        if (verdict != SecretVerdict.None)
        {
            return verdict;
        }

        match = new SecretMatch(start, end);
        return IsPrefixed(word) || IsGrouped(word) || IsBare(text.Characters, start, end) ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>A storage account's key: 88 characters of base64 with a marker behind the middle.</summary>
    private static bool IsStorageKey(in SecretText text, int start, int end, out SecretMatch match)
    {
        const int Before = 90;
        const int Least = 40;
        int from = start;
        while (from > 0 && start - from < Before && (SecretRuns.Base64.Characters.Contains(text[from - 1]) || text[from - 1] is '%' or '\\'))
        {
            from--;
        }

        match = new SecretMatch(EscapedCharacter.EndAround(text.Characters, from), SecretRuns.Base64, end);
        return start - from >= Least && (text[start - 1] == '+' || text.Characters[..start].EndsWith("2B", StringComparison.OrdinalIgnoreCase));
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
                return isSecret || !Identifiers.GetAlternateLookup<ReadOnlySpan<char>>().Contains(last.TrimEnd("0123456789"));
            }

            if (length <= 0 || !IsPrefixWord(part, isFirst: at == 0))
            {
                return false;
            }

            isSecret |= SecretWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(part);
            last = part;
            at += length + 1;
        }

        return false;
    }

    /// <summary>Generated letters of both cases and digits without a prefix, that are not part of base64 data.</summary>
    private static bool IsBare(ReadOnlySpan<char> text, int start, int end)
    {
        ReadOnlySpan<char> word = text[start..end];
        if (word.Length is < 30 or > 240 || word.IndexOfAny('_', '-') >= 0 || (start > 0 && text[start - 1] is '+' or '/' or '.' or '#' or '%')
            || (end < text.Length && text[end] is '+' or '/' or '=' or '.' or '%' or '\\'))
        {
            return false;
        }

        var mix = CharacterMix.Of(word);
        return mix is { Digits: >= 3, Upper: >= 5, Lower: >= 5 } && Randomness.Of(word) >= Random + 10;
    }

    private static bool IsPrefixWord(ReadOnlySpan<char> part, bool isFirst)
    {
        var mix = CharacterMix.Of(part);
        return part.Length <= 14 && (isFirst ? mix.Letters > 0 && mix.Digits <= 3 : mix.Digits <= 2 || mix.Letters == 0) && (part.Length < 10 || Randomness.Of(part) < Random + 10);
    }

    private static bool IsGenerated(ReadOnlySpan<char> word, ReadOnlySpan<char> body, ReadOnlySpan<char> part, ReadOnlySpan<char> last, bool isSecret)
    {
        var mix = CharacterMix.Of(part);
        bool isMixed = mix.Digits >= 2 ? mix.Letters >= 4 : mix.Upper >= 4 && mix.Lower >= 4 && (part.Length >= 24 || mix.Digits > 0);
        if (part.Length >= 16 && isMixed && Randomness.Of(part) >= Random)
        {
            // A hash in hexadecimal digits follows many words; only a word for a secret makes it one.
            return !mix.IsHexadecimal || (isSecret ? part.Length >= 24 : part.Length >= 32 && (word[^(body.Length + 1)] == '_' || Randomness.Of(last) >= UnpronounceablePrefix));
        }

        if (isSecret && IsUuid(body))
        {
            return true;
        }

        // Generated characters may contain separators themselves.
        var whole = CharacterMix.Of(body);
        return body.Length >= 28 && whole.Upper >= 4 && whole.Lower >= 4 && whole.Digits >= 2 && !whole.IsHexadecimal && Randomness.Of(body) >= Random + 10;
    }

    private static bool IsUuid(ReadOnlySpan<char> body) =>
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

    /// <summary>Generated parts joined by dots: at least one long part after the first.</summary>
    private static SecretVerdict DecideDotted(in SecretText text, int start, int end, out SecretMatch match)
    {
        const int Most = 320;
        match = default;
        if (end < text.Length && text[end] != '.')
        {
            return SecretVerdict.None;
        }

        int most = Math.Min(text.Length, end + Most);
        int length = text.Characters[end..most].IndexOfAnyExcept(SecretRuns.TokenWithDots.Characters);
        if (length < 0 && most == text.Length && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        int last = length < 0 ? most : end + length;
        SecretVerdict placeholder = SecretPlaceholder.Follows(text, last);
        if (placeholder != SecretVerdict.None)
        {
            return placeholder == SecretVerdict.NeedsMore ? placeholder : SecretVerdict.None;
        }

        ReadOnlySpan<char> chain = text.Characters[start..last].TrimEnd('.');
        int parts = 0;
        bool isSecret = false;
        foreach (Range range in chain.Split('.'))
        {
            ReadOnlySpan<char> part = chain[range];
            if (parts > 0 && part.Length >= 24)
            {
                var mix = CharacterMix.Of(part);
                isSecret |= mix.Digits >= 2 && mix.Letters >= 4 && (mix.IsHexadecimal ? part.Length >= 40 : (mix.Upper >= 3 || mix.Lower >= 3) && Randomness.Of(part) >= Random);
            }

            parts++;
        }

        match = new SecretMatch(start, start + chain.Length);
        return isSecret && parts <= 5 ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>Forms that have a marker inside, begin before the word or have a suffix.</summary>
    private static SecretVerdict DecideMarked(in SecretText text, int start, int end, out SecretMatch match)
    {
        ReadOnlySpan<char> word = text.Characters[start..end];
        match = new SecretMatch(start, end);

        // Azure: AI services and search keys, client secrets.
        if (word.Contains("JQQJ99", StringComparison.Ordinal) || word.Contains("AzSeA", StringComparison.Ordinal))
        {
            return SecretVerdict.Found;
        }

        if (end < text.Length && text[end] == '~' && word.Length >= 5 && word[^1] == 'Q' && char.IsAsciiDigit(word[^2]))
        {
            int least = end + 1 + AzureClientSecret;
            ReadOnlySpan<char> body = text.Characters[(end + 1)..Math.Min(least, text.Length)];
            match = new SecretMatch(start, SecretRuns.AzureClientSecret, end + 1);
            return body.ContainsAnyExcept(SecretRuns.AzureClientSecret.Characters) ? SecretVerdict.None
                : body.Length < AzureClientSecret ? text.AtEnd
                : SecretVerdict.Found;
        }

        // Mailchimp: 32 hexadecimal digits and a data centre. MaxMind: a suffix.
        int centre = word.LastIndexOf("-us");
        if (centre >= 32 && centre + 6 > word.Length && CharacterMix.Of(word[(centre - 32)..centre]).IsHexadecimal)
        {
            match = new SecretMatch(start + centre - 32, end);
            return SecretVerdict.Found;
        }

        if (word.Length >= 40 && word.EndsWith("_mmk"))
        {
            return SecretVerdict.Found;
        }

        int from = NumberBefore(text.Characters, start);
        match = new SecretMatch(Math.Max(from, 0), end);
        return from >= 0 && word.Length >= 30 && Randomness.Of(word) >= Random ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>Telegram (<c>number:AA...</c>) and Asana (<c>1/number:...</c>): the start of the number; negative if there is none.</summary>
    private static int NumberBefore(ReadOnlySpan<char> text, int start)
    {
        const int Longest = 18;
        int colon = text[..start].EndsWith("%3A", StringComparison.OrdinalIgnoreCase) ? start - 3 : start - 1;
        if (start < 7 || text[colon] is not (':' or '%'))
        {
            return -1;
        }

        int digits = colon;
        while (digits > 0 && start - digits < Longest && char.IsAsciiDigit(text[digits - 1]))
        {
            digits--;
        }

        return colon - digits < 6 ? -1
            : digits >= 2 && text[digits - 1] == '/' && char.IsAsciiDigit(text[digits - 2]) ? digits - 2
            : digits;
    }
}
