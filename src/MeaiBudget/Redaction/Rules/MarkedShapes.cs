using System.Buffers;

namespace MeaiBudget;

/// <summary>Forms of secret that have a marker inside, begin before the word or have a suffix.</summary>
internal static class MarkedShapes
{
    private const int Random = 35;
    private const int AzureClientSecret = 30;
    private const int SalesforceSession = 40;
    private const int BearerToken = 30;
    private const int AfterMarker = 6;
    private const int ShortestBeforeMarker = 28;
    private const int LongestBeforeMarker = 88;
    private const int LengthOfMySqlHash = 40;
    private const int LengthOfMonitorKey = 24;
    private const int ShortestAppSecret = 24;
    private const int LengthOfAppNumber = 15;
    private const int RandomHexadecimal = 25;

    /// <summary>
    /// The markers in Azure's keys, six characters before their end: storage, Batch, Cosmos DB, IoT, Event Hubs, Service Bus, Relay, container
    /// registries, functions, caches, search, Event Grid, API management.
    /// </summary>
    private static readonly SearchValues<string> DataMarkers = SearchValues.Create(["ASt", "ABa", "ACDb", "AIoT", "AEh", "ASb", "ARm", "ACR", "AzFu", "AzCa", "AzSe", "AzEG", "APIM"], StringComparison.Ordinal);

    /// <summary>True for a word in base64 that may hold a marker.</summary>
    public static bool MayBeData(ReadOnlySpan<char> word) => word.ContainsAny(DataMarkers);

    /// <summary>Decides whether the base64 around a word is a key with a marker.</summary>
    public static SecretVerdict DecideData(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        if (end - start > LongestBeforeMarker + AfterMarker)
        {
            return SecretVerdict.None;
        }

        ReadOnlySpan<char> word = text.Characters[start..end];
        for (int from = 0; from < word.Length; from++)
        {
            int marker = word[from..].IndexOfAny(DataMarkers);
            if (marker < 0)
            {
                return SecretVerdict.None;
            }

            from += marker;
            int at = start + from;
            bool isFour = word[from..].StartsWith("Az") || word[from..].StartsWith("ACDb") || word[from..].StartsWith("AIoT") || word[from..].StartsWith("APIM");
            int tail = at + (isFour ? 4 : 3);
            SecretVerdict verdict = DecideTail(text, tail, isFour || (at > 0 && text[at - 1] == '+') || IsEncodedPlus(text.Characters[..at]), word[from..].StartsWith("ACR"), out int close);
            if (verdict == SecretVerdict.NeedsMore)
            {
                return verdict;
            }

            if (verdict == SecretVerdict.Found)
            {
                int first = at;
                while (first > 0 && at - first <= LongestBeforeMarker && (SecretRuns.Base64.Characters.Contains(text[first - 1]) || text[first - 1] is '%' or '\\'))
                {
                    first--;
                }

                first = EscapedCharacter.EndAround(text.Characters, first);
                if (at - first is >= ShortestBeforeMarker and <= LongestBeforeMarker)
                {
                    match = new SecretMatch(first, SecretRuns.Base64, close);
                    return SecretVerdict.Found;
                }
            }
        }

        return SecretVerdict.None;
    }

    private static bool IsEncodedPlus(ReadOnlySpan<char> before) => before.EndsWith("2B", StringComparison.OrdinalIgnoreCase);

    /// <summary>Six characters of base64 and an equals sign; the key of a container registry has none.</summary>
    private static SecretVerdict DecideTail(in SecretText text, int tail, bool isMarker, bool isRegistry, out int close)
    {
        close = tail;
        if (!isMarker)
        {
            return SecretVerdict.None;
        }

        var cursor = new TextCursor(text, tail);
        for (int i = 0; i < AfterMarker; i++)
        {
            char character = cursor.Peek(out int length);
            if (cursor.NeedsMore || character >= 128 || character == '=' || !SecretRuns.Base64.Characters.Contains(character))
            {
                return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
            }

            cursor.At += length;
        }

        close = cursor.At;
        char last = cursor.Peek(out int _);
        return cursor.NeedsMore ? SecretVerdict.NeedsMore
            : last == '=' || (isRegistry && !SecretRuns.Base64.Characters.Contains(last)) ? SecretVerdict.Found
            : SecretVerdict.None;
    }

    /// <summary>Decides whether a word has a marker, or is followed or preceded by one.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end, out SecretMatch match)
    {
        ReadOnlySpan<char> word = text.Characters[start..end];
        match = new SecretMatch(start, end);

        // Azure: AI services, search, API management and others; Azure DevOps.
        if (word.Contains("JQQJ99", StringComparison.Ordinal) || word.Contains("AzSeA", StringComparison.Ordinal) || (word.Length == 84 && word[76..].StartsWith("AZDO")))
        {
            return SecretVerdict.Found;
        }

        if (end < text.Length && text[end] == '~' && word.Length >= 5 && word[^1] == 'Q' && char.IsAsciiDigit(word[^2]))
        {
            match = new SecretMatch(start, SecretRuns.AzureClientSecret, end + 1);
            return DecideRest(text, end + 1, AzureClientSecret, SecretRuns.AzureClientSecret);
        }

        // A Salesforce session; a bearer token of X.
        if (end < text.Length && text[end] == '!' && word.Length is 15 or 18 && word.StartsWith("00D"))
        {
            match = new SecretMatch(start, SecretRuns.TokenWithDots, end + 1);
            return DecideRest(text, end + 1, SalesforceSession, SecretRuns.TokenWithDots);
        }

        if (word.Length >= 40 && word.StartsWith("AAAAAAAAAAAAAAAAAAAA") && end < text.Length && text[end] == '%')
        {
            match = new SecretMatch(start, SecretRuns.Encoded, end);
            return DecideRest(text, end + 1, BearerToken, SecretRuns.Encoded);
        }

        // Mailchimp: 32 hexadecimal digits and a data centre. MaxMind and New Relic: a suffix. RapidAPI: markers.
        int centre = word.LastIndexOf("-us");
        if (centre >= 32 && centre + 6 > word.Length && CharacterMix.Of(word[(centre - 32)..centre]).IsHexadecimal)
        {
            match = new SecretMatch(start + centre - 32, end);
            return SecretVerdict.Found;
        }

        if ((word.Length >= 40 && word.EndsWith("_mmk")) || (word.Length == 40 && word.EndsWith("NRAL") && CharacterMix.Of(word[..36]) is { IsHexadecimal: true } or { NotHexadecimal: <= 3 })
            || IsMailKey(word) || IsMonitorKey(word)
            || (word.Length is >= 49 and <= 52 && word[10..].StartsWith("msh") && word.Contains("jsn", StringComparison.Ordinal)))
        {
            return SecretVerdict.Found;
        }

        // The hash of a password in MySQL: an asterisk and SHA-1 in capitals.
        if (word.Length == LengthOfMySqlHash && start > 0 && text[start - 1] == '*' && (start == 1 || text[start - 2] is not ('*' or '/')) && CharacterMix.Of(word) is { IsHexadecimal: true, Lower: 0, Upper: > 3, Digits: > 3 })
        {
            return SecretVerdict.Found;
        }

        // A token of Amazon's log-in.
        if (word.Length >= ShortestAppSecret && start > 4 && text[start - 1] == '|' && text.Characters[(start - 5)..(start - 1)] is "Atza" or "Atzr" or "Atzc")
        {
            match = new SecretMatch(start, SecretRuns.Base64, start);
            return SecretVerdict.Found;
        }

        // An app of Facebook or Mapillary: its number, a bar and its secret.
        if (word.Length >= ShortestAppSecret && IsBehindNumberAndBar(text.Characters, start) && CharacterMix.Of(word) is { Digits: > 2, Letters: > 4 } && Randomness.Of(word) >= RandomHexadecimal)
        {
            return SecretVerdict.Found;
        }

        // A token of kubeadm: six characters, a dot, sixteen characters.
        if (word.Length == 16 && start >= 7 && text[start - 1] == '.' && IsBootstrapToken(text.Characters[(start - 7)..end]) && (start == 7 || !WordScanner.IsWord(text[start - 8])) && (end == text.Length || text[end] != '.'))
        {
            match = new SecretMatch(start - 7, end);
            return end == text.Length ? text.IsFinal ? SecretVerdict.Found : SecretVerdict.NeedsMore : SecretVerdict.Found;
        }

        // The password of user:password@host without a scheme.
        if (start > 1 && text[start - 1] is ':' or '/' && WordScanner.IsWord(text[start - 2]) && end < text.Length && text[end] == '@' && CharacterMix.Of(word) is { Upper: > 0, Lower: > 0, Digits: > 1 } && Randomness.Of(word) >= Random)
        {
            return SecretVerdict.Found;
        }

        int from = NumberBefore(text.Characters, start);
        match = new SecretMatch(Math.Max(from, 0), end);
        return from >= 0 && word.Length >= 30 && Randomness.Of(word) >= Random ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>Mailgun: 32, 8 and 8 hexadecimal digits, joined by hyphens.</summary>
    private static bool IsMailKey(ReadOnlySpan<char> word) => word.Length == 50 && word[32] == '-' && word[41] == '-' && CharacterMix.Of(word) is { Others: 2, NotHexadecimal: 2 };

    /// <summary>UptimeRobot: a letter and a number, and 24 hexadecimal digits.</summary>
    private static bool IsMonitorKey(ReadOnlySpan<char> word) =>
        word.Length is >= LengthOfMonitorKey + 6 and <= LengthOfMonitorKey + 12 && word[0] is 'u' or 'm' && word[^(LengthOfMonitorKey + 1)] == '-' && !word[(word[1] == 'r' ? 2 : 1)..^(LengthOfMonitorKey + 1)].ContainsAnyExceptInRange('0', '9')
        && CharacterMix.Of(word[^LengthOfMonitorKey..]) is { IsHexadecimal: true, Digits: > 2, Letters: > 2 };

    private static bool IsBootstrapToken(ReadOnlySpan<char> token) =>
        CharacterMix.Of(token[..6]) is { Lower: > 0, Digits: > 0, Upper: 0, Others: 0 } && CharacterMix.Of(token[7..]) is { Lower: > 3, Digits: > 1, Upper: 0, Others: 0, NotHexadecimal: > 2 } && Randomness.Of(token[7..]) >= Random;

    private static bool IsBehindNumberAndBar(ReadOnlySpan<char> text, int start) =>
        start > LengthOfAppNumber && text[start - 1] == '|' && !text[(start - 1 - LengthOfAppNumber)..(start - 1)].ContainsAnyExceptInRange('0', '9');

    private static SecretVerdict DecideRest(in SecretText text, int from, int least, CharacterRun run)
    {
        ReadOnlySpan<char> body = text.Characters[from..Math.Min(from + least, text.Length)];
        return body.ContainsAnyExcept(run.Characters) ? SecretVerdict.None
            : body.Length < least ? text.AtEnd
            : SecretVerdict.Found;
    }

    /// <summary>Telegram (<c>number:AA...</c>) and Asana (<c>1/number:...</c>): the start of the number; negative if there is none.</summary>
    private static int NumberBefore(ReadOnlySpan<char> text, int start)
    {
        const int Longest = 40;
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

        if (colon - digits < 6)
        {
            return -1;
        }

        while (digits >= 2 && text[digits - 1] == '/' && char.IsAsciiDigit(text[digits - 2]) && start - digits < Longest)
        {
            digits -= 2;
            while (digits > 0 && start - digits < Longest && char.IsAsciiDigit(text[digits - 1]))
            {
                digits--;
            }
        }

        return digits;
    }
}
