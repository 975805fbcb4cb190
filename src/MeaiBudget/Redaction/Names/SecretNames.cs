using System.Buffers;
using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>How much the value of a name must look like a secret.</summary>
internal enum NameStrength
{
    /// <summary>Not the name of a secret.</summary>
    None,

    /// <summary>The name is also used for other things (<c>key</c>, <c>code</c>, <c>session</c>): the value must look generated and be long.</summary>
    Weak,

    /// <summary>A signature: as <see cref="Weak"/>, and only in an address or header, because documents are signed too.</summary>
    Sign,

    /// <summary>The name means a secret in most places (<c>token</c>): the value must not look like a word.</summary>
    Medium,

    /// <summary>The name means a secret (<c>password</c>, <c>client_secret</c>): any value that is not code, a label or a reference.</summary>
    Strong,

    /// <summary>A name that the application defined: any value.</summary>
    Own,

    /// <summary>A phrase of words (<c>seed phrase</c>).</summary>
    Phrase,

    /// <summary>The value of an Authorization header.</summary>
    Authorization,

    /// <summary>The value of a Cookie header.</summary>
    Cookie,
}

/// <summary>Finds the names whose values are secrets, as suffixes: <c>DB_PASSWORD</c>, <c>smtpPassword</c> and <c>password</c> end the same.</summary>
/// <remarks>Signs between the words of a name are ignored: <c>private_key_id</c>, <c>Private-Key-Id</c>, <c>private key id</c> and <c>privateKeyId</c> are one name.</remarks>
internal static class SecretNames
{
    private const int LongestQualifier = 24;
    private const int MostTails = 2;
    private static readonly char[] Digits = [.. "0123456789"];

    private static readonly SecretName[]?[] ByEnding = new SecretName[]?[1 << 15];
    private static readonly ulong[] Endings = new ulong[1 << 9];

    /// <summary>The words that may follow a name, by their last letter.</summary>
    private static readonly string[][] SuffixesByLast = [.. Enumerable.Range(0, 32).Select(static last => SecretNameTable.JoinedSuffixes.Where(suffix => (suffix[^1] & 31) == last).ToArray())];

    /// <summary>The last letters of names beyond the alphabets of Europe, and full-width letters.</summary>
    private static readonly SearchValues<char> LastLetters;

    /// <summary>Words that have rules of their own.</summary>
    private static readonly string[] Special = ["echo", "printf", "bearer", "basic", "value", "send", "sendline", "tcp", "unix", "Private-Lines", "InverseQ", .. PasswordScheme.Names, .. CommandArguments.Words];

    private static readonly FrozenSet<string> SpecialWords = FrozenSet.ToFrozenSet(Special);

    private static readonly FrozenSet<string> FollowingWords = FrozenSet.ToFrozenSet(SecretNameTable.Followers);

    static SecretNames()
    {
        SecretName[] names = [.. SecretNameTable.All()];
        foreach (IGrouping<int, SecretName> group in names.GroupBy(static name => Hash(name.Text)))
        {
            ByEnding[group.Key] = [.. group.OrderByDescending(static name => name.Text.Length)];
            AddEnding(group.Key);
        }

        foreach (string word in Special.Concat(SecretNameTable.Suffixes).Concat(SecretNameTable.Followers).Select(static word => word.TrimEnd(Digits)))
        {
            AddEnding(Hash(word));
        }

        // A sign between the words, or the end of another word, may be among the last three characters.
        foreach (string name in names.Select(static name => name.Text).Concat(SecretNameTable.Suffixes).Where(static name => name.Length == 2).Append(SecretNameTable.ShortLastWord))
        {
            for (int before = 0; before < 32; before++)
            {
                AddEnding(Hash((char)before, name[0], name[1]));
            }
        }

        LastLetters = SearchValues.Create([.. names.Select(static name => name.Text[^1]).Distinct().SelectMany(static letter =>
            letter < 128 ? new string([(char)(letter + NameLetters.FullWidth), (char)(char.ToUpperInvariant(letter) + NameLetters.FullWidth)]) : new string([letter, char.ToUpperInvariant(letter)]))]);
        AddEnding(Hash('_', 'i', 'd'));
        AddEnding(Hash('-', 'i', 'd'));
    }

    /// <summary>Returns false for most words that do not end like a name: by their last three letters.</summary>
    public static bool MayEnd(char thirdLast, char secondLast, char last)
    {
        int hash = Hash(thirdLast, secondLast, last);
        return (Endings[hash >> 6] >> (hash & 63) & 1) != 0;
    }

    /// <summary>Returns false for most words with letters beyond ASCII that do not end like a name: as they are, and with look-alikes as Latin letters.</summary>
    public static bool MayEndForeign(char thirdLast, char secondLast, char last) => last >= NameLetters.Alphabets
        ? LastLetters.Contains(last) || (last is >= NameLetters.Vietnamese and < '\u2000' && MayEnd(NameLetters.Plain(thirdLast), NameLetters.Plain(secondLast), NameLetters.Plain(last)))
        : MayEnd(NameLetters.Plain(thirdLast), NameLetters.Plain(secondLast), NameLetters.Plain(last))
        || MayEnd(NameLetters.Latin(thirdLast), NameLetters.Latin(secondLast), NameLetters.Latin(last));

    /// <summary>Returns false for most words of ASCII letters, whose last three letters are those of a name, that are none.</summary>
    public static bool MayBe(ReadOnlySpan<char> word)
    {
        if (word.Length < 3 || word.ContainsAnyExceptInRange('a', 'z'))
        {
            return true;
        }

        foreach (SecretName candidate in ByEnding[Hash(word)] ?? [])
        {
            if (word.EndsWith(candidate.Text) || candidate.Text.EndsWith(word, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return SpecialWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word) || FollowingWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word) || word.EndsWith("pw");
    }

    /// <summary>Returns how much the value of a name must look like a secret.</summary>
    /// <param name="word">The word that may be a name or end with one.</param>
    /// <param name="before">The text before the word, for names of several words (<c>API key</c>).</param>
    public static NameStrength StrengthOf(ReadOnlySpan<char> word, ReadOnlySpan<char> before)
    {
        Span<char> letters = stackalloc char[NameLetters.Longest];
        Span<bool> starts = stackalloc bool[NameLetters.Longest];
        int count = NameLetters.ReadWord(word, letters, starts);
        letters = letters[..count];
        NameStrength strength = FindWithSuffix(letters, starts, count, before);
        if (strength >= NameStrength.Strong || before.IsEmpty || !MayCross(letters))
        {
            return strength;
        }

        Span<char> text = stackalloc char[NameLetters.Longest * 2];
        word = word[Math.Max(0, word.Length - NameLetters.Longest)..];
        before = before[Math.Max(0, before.Length - NameLetters.Longest)..];
        before.CopyTo(text);
        word.CopyTo(text[before.Length..]);
        NameStrength crossing = StrengthOf(text[..(before.Length + word.Length)], before.Length);
        return crossing > strength ? crossing : strength;
    }

    /// <summary>True if the word may be the last of a name of several words.</summary>
    private static bool MayCross(ReadOnlySpan<char> word)
    {
        if (word.Length < 2)
        {
            return false;
        }

        foreach (SecretName candidate in ByEnding[Hash(word)] ?? [])
        {
            if (candidate.Text.Length > word.Length && candidate.Text.EndsWith(word, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return FollowingWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
    }

    /// <summary>Returns the strength of a name with letters beyond ASCII, which the text before a position ends with.</summary>
    public static NameStrength StrengthOfForeign(ReadOnlySpan<char> before)
    {
        int word = before.Length;
        while (word > 0 && before.Length - word < NameLetters.Longest && (char.IsLetterOrDigit(before[word - 1]) || before[word - 1] is '_' or '-' || NameLetters.IsMark(before[word - 1])))
        {
            word--;
        }

        return StrengthOf(before, word);
    }

    /// <summary>Returns the strength of the name that a text ends with.</summary>
    /// <param name="text">The text.</param>
    /// <param name="wordStart">Where its last word begins.</param>
    public static NameStrength StrengthOf(ReadOnlySpan<char> text, int wordStart)
    {
        Span<char> letters = stackalloc char[NameLetters.Longest];
        Span<bool> starts = stackalloc bool[NameLetters.Longest];
        int first = NameLetters.Read(text, wordStart, letters, starts, out int own, out bool isForeign);
        letters = letters[first..];
        starts = starts[first..];
        ReadOnlySpan<char> before = text[..wordStart];
        NameStrength strength = FindWithSuffix(letters, starts, own, before);
        return strength == NameStrength.None && isForeign && NameLetters.ReplaceLookAlikes(letters) ? FindWithSuffix(letters, starts, own, before) : strength;
    }

    private static NameStrength FindWithSuffix(ReadOnlySpan<char> name, ReadOnlySpan<bool> starts, int own, ReadOnlySpan<char> before)
    {
        NameStrength strength = Find(name, starts, own, before);
        if (strength != NameStrength.None)
        {
            return strength;
        }

        foreach (string suffix in name.IsEmpty ? [] : SuffixesByLast[name[^1] & 31])
        {
            if (own > suffix.Length + 2 && name.EndsWith(suffix) && starts[name.Length - suffix.Length])
            {
                return Find(name[..^suffix.Length], starts, own - suffix.Length, before);
            }
        }

        foreach (string follower in SecretNameTable.Followers)
        {
            if (name.Length > follower.Length + 3 && name.EndsWith(follower) && starts[name.Length - follower.Length]
                && Find(name[..^follower.Length], starts, name.Length - follower.Length, default) == NameStrength.Strong)
            {
                return NameStrength.Strong;
            }
        }

        // The name of a thing may follow: API_KEY_ACME, TOKEN_GITHUB. Such a value must look generated.
        int end = name.Length;
        for (int tail = 0; tail < MostTails; tail++)
        {
            int start = end - 1;
            while (start > name.Length - own && !starts[start])
            {
                start--;
            }

            if (start <= name.Length - own)
            {
                break;
            }

            strength = Find(name[..start], starts, own - (name.Length - start), default);
            if (strength is NameStrength.Strong or NameStrength.Medium)
            {
                return NameStrength.Weak;
            }

            end = start;
        }

        return NameStrength.None;
    }

    private static void AddEnding(int hash) => Endings[hash >> 6] |= 1UL << (hash & 63);

    private static NameStrength Find(ReadOnlySpan<char> name, ReadOnlySpan<bool> starts, int own, ReadOnlySpan<char> before)
    {
        if (name.Length < 2 || own < 1)
        {
            return NameStrength.None;
        }

        NameStrength strength = ByEnding[Hash(name)] is { } candidates ? Find(candidates, name, starts, own, before) : NameStrength.None;
        return strength == NameStrength.None && name.Length > 2 && ByEnding[Hash('\0', name[^2], name[^1])] is { } two
            ? Find(two, name, starts, own, before)
            : strength;
    }

    private static NameStrength Find(SecretName[] candidates, ReadOnlySpan<char> name, ReadOnlySpan<bool> starts, int own, ReadOnlySpan<char> before)
    {
        foreach (SecretName candidate in candidates)
        {
            int start = name.Length - candidate.Text.Length;
            if (start < 0 || !name.EndsWith(candidate.Text) || (candidate.Text.Length > own && !starts[start]))
            {
                continue;
            }

            ReadOnlySpan<char> joined = start > name.Length - own ? name[(name.Length - own)..start] : default;
            if (candidate.IsWord && !starts[start] && !IsJoined(candidate.Text, joined))
            {
                continue;
            }

            if (candidate.Text == "phrase" && !IsPhrase(joined, before))
            {
                continue;
            }

            return candidate.Text is "key" or "keys" && IsQualified(joined, before) ? NameStrength.Strong
                : candidate.Strength;
        }

        return NameStrength.None;
    }

    /// <summary>True if a name that must begin a word is joined with a word that it is usually joined with.</summary>
    private static bool IsJoined(string name, ReadOnlySpan<char> joined) => name switch
    {
        "phrase" => true,
        "key" => IsQualified(joined, default),
        "pass" or "pw" => SecretNameTable.PassQualifiers.Contains(joined.ToString()),
        _ => false,
    };

    private static bool IsPhrase(ReadOnlySpan<char> qualifier, ReadOnlySpan<char> before)
    {
        before = qualifier.IsEmpty ? before.TrimEnd(' ') : qualifier;
        return before.EndsWith("seed", StringComparison.OrdinalIgnoreCase) || before.EndsWith("recovery", StringComparison.OrdinalIgnoreCase) || before.EndsWith("mnemonic", StringComparison.OrdinalIgnoreCase)
            || before.EndsWith("secret", StringComparison.OrdinalIgnoreCase) || before.EndsWith("backup", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsQualified(ReadOnlySpan<char> qualifier, ReadOnlySpan<char> before)
    {
        if (qualifier.IsEmpty)
        {
            // "API key": the word before, on the same line.
            if (before.IsEmpty || before[^1] is not (' ' or '.' or '-'))
            {
                return false;
            }

            before = before[Math.Max(0, before.Length - LongestQualifier)..^1];
            int first = before.LastIndexOfAnyExcept(SecretRuns.Word.Characters) + 1;

            // An option of Java: -Dapi.key=...
            before = before[(first > 0 && before[first - 1] == '-' && before[first..].StartsWith("D") ? first + 1 : first)..];
            foreach (string known in SecretNameTable.KeyQualifiers)
            {
                if (before.Equals(known, StringComparison.OrdinalIgnoreCase))
                {
                    return !SecretNameTable.JoinedOnly.Contains(known);
                }
            }

            return false;
        }

        foreach (string known in SecretNameTable.KeyQualifiers)
        {
            if (qualifier.EndsWith(known))
            {
                return true;
            }
        }

        return false;
    }

    private static int Hash(ReadOnlySpan<char> name) => Hash(name.Length > 2 ? name[^3] : '\0', name[^2], name[^1]);

    private static int Hash(char thirdLast, char secondLast, char last) => ((thirdLast & 31) << 10) | ((secondLast & 31) << 5) | (last & 31);
}
