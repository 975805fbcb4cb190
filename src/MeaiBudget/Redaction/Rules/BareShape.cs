namespace MeaiBudget;

/// <summary>Generated letters and digits without a prefix that are not part of base64 data.</summary>
internal static class BareShape
{
    private const int Shortest = 30;
    private const int ShortestNumbered = 24;
    private const int ShortestOneCase = 32;
    private const int LengthOfAccessKey = 20;
    private const int RandomAccessKey = 50;
    private const int RandomOfFewDigits = 55;
    private const int ShortestWithSigns = 32;
    private const int ShortestLong = 32;
    private const int Longest = 240;
    private const int Random = 45;
    private const int RandomOfLong = 40;
    private const int MostAround = 16;
    private const int LongestLine = 80;
    private const int ShortestLine = 44;
    private const int ShortestRest = 4;
    private const int RandomLine = 25;
    private const string Closers = "\r\"',+; ";
    private static readonly System.Buffers.SearchValues<char> LineEnds = System.Buffers.SearchValues.Create(Closers);

    /// <summary>Decides whether a word is a secret by its characters alone.</summary>
    public static SecretVerdict Decide(in SecretText text, int start, int end)
    {
        ReadOnlySpan<char> word = text.Characters[start..end];
        bool isNumbered = start > 1 && text[start - 1] == '|' && char.IsAsciiDigit(text[start - 2]);
        if (word.Length < (isNumbered ? ShortestNumbered : Shortest) || word.Length > Longest || (start > 0 && text[start - 1] is '+' or '/' or '.' or '#' or '%' or '~') || !IsGenerated(word, isNumbered))
        {
            return SecretVerdict.None;
        }

        var cursor = new TextCursor(text, end);
        char next = cursor.Peek(out int length);
        bool isContinued = next is '+' or '/' or '=' or '~' || (next == '.' && (char.IsLetterOrDigit(cursor.Raw(length)) || cursor.Raw(length) == '_'));
        if (cursor.NeedsMore || isContinued)
        {
            return cursor.NeedsMore ? SecretVerdict.NeedsMore : SecretVerdict.None;
        }

        return IsBetweenLinesOfData(text, start, end);
    }

    private static bool IsGenerated(ReadOnlySpan<char> word, bool isNumbered)
    {
        var mix = CharacterMix.Of(word);
        bool isMixed = mix switch
        {
            { Digits: >= 2, Upper: >= 5, Lower: >= 5, Others: <= 3 } when isNumbered => true,
            { Others: > 0 } => !IsAfterWord(word) && word.Length >= ShortestWithSigns && mix is { Digits: >= 4, Upper: >= 6, Lower: >= 6, Others: <= 6 },
            { Digits: >= 3, Upper: >= 5, Lower: >= 5 } => true,
            { Digits: >= 1, Upper: >= 8, Lower: >= 8 } => word.Length >= ShortestLong && Randomness.Of(word) >= RandomOfFewDigits,
            { Digits: >= 5, Upper: 0 } or { Digits: >= 5, Lower: 0 } => word.Length >= ShortestOneCase && mix.NotHexadecimal >= 8,
            _ => false,
        };
        return isMixed && !Randomness.HasZeros(word) && !EncodedText.IsText(word) && Randomness.Of(word) >= (word.Length >= ShortestLong ? RandomOfLong : Random);
    }

    /// <summary>The id of a pair of keys as clouds and brokers write it: twenty capitals and digits, the first two of which are letters.</summary>
    public static bool IsAccessKey(ReadOnlySpan<char> word) =>
        word.Length == LengthOfAccessKey && CharacterMix.Of(word) is { Upper: >= 8, Digits: >= 4, Lower: 0, Others: 0 } mix && mix.NotHexadecimal > 4 && char.IsAsciiLetter(word[0]) && char.IsAsciiLetter(word[1])
        && Randomness.Of(word) >= RandomAccessKey && !Randomness.HasZeros(word);

    /// <summary>True if a word precedes the first sign: whether the rest is an identifier or a secret depends on the word.</summary>
    private static bool IsAfterWord(ReadOnlySpan<char> word)
    {
        ReadOnlySpan<char> first = word[..Math.Max(0, word.IndexOfAny('_', '-'))];
        return !first.ContainsAnyInRange('0', '9') && (!first.ContainsAnyInRange('A', 'Z') || Randomness.Of(first) < Random);
    }

    /// <summary>Data in base64 that is broken into lines, such as a certificate or a signature in a comment, is no secret.</summary>
    private static SecretVerdict IsBetweenLinesOfData(in SecretText text, int start, int end)
    {
        int length = end - start;
        ReadOnlySpan<char> after = text.Characters[end..Math.Min(text.Length, end + LongestLine + (2 * MostAround))];
        int rest = after.IndexOfAnyExcept(LineEnds);
        if (rest < 0 && !text.IsFinal && after.Length < MostAround)
        {
            return SecretVerdict.NeedsMore;
        }

        // In a string of code or JSON the break is written as \n.
        int lineBreak = rest < 0 ? 0 : after[rest] == '\n' ? 1 : after[rest..].StartsWith("\\n") ? 2 : after[rest..].StartsWith("\\r\\n") ? 4 : 0;
        if (rest >= 0 && lineBreak == 0)
        {
            // More follows on the line: it is no line of data.
            return after[rest] == '\\' && after.Length - rest < 4 && after.Length < LongestLine && !text.IsFinal ? SecretVerdict.NeedsMore : SecretVerdict.Found;
        }

        ReadOnlySpan<char> before = text.Characters[Math.Max(Math.Min(text.Floor, start), start - LongestLine - (2 * MostAround))..start];
        int line = Math.Max(before.LastIndexOf('\n'), before.LastIndexOf("\\n"));
        if (line >= 0 && before.Length - line <= MostAround + 1 && DataAtEnd(before[..line]) is var previous && previous >= ShortestLine && previous >= length)
        {
            return SecretVerdict.None;
        }

        if (length < ShortestLine)
        {
            return SecretVerdict.Found;
        }

        if (!text.IsFinal && after.Length < LongestLine + (2 * MostAround))
        {
            return SecretVerdict.NeedsMore;
        }

        return rest >= 0 && DataAtStart(after[(rest + lineBreak)..]) is var next && next > 0 && next <= length ? SecretVerdict.None : SecretVerdict.Found;
    }

    /// <summary>The length of the base64 that ends a line.</summary>
    private static int DataAtEnd(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd(Closers + "\\");
        int start = line.LastIndexOfAnyExcept(SecretRuns.Base64.Characters) + 1;
        return IsData(line[start..]) ? line.Length - start : 0;
    }

    /// <summary>The length of the base64 that a line consists of, but for a short prefix such as that of a comment.</summary>
    private static int DataAtStart(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny('\n', '\r', '\\');
        ReadOnlySpan<char> line = (end < 0 ? text : text[..end]).TrimEnd(Closers);
        int start = line.LastIndexOfAnyExcept(SecretRuns.Base64.Characters) + 1;
        return start <= MostAround && IsData(line[start..]) ? line.Length - start : 0;
    }

    private static bool IsData(ReadOnlySpan<char> line) => line.Length >= ShortestRest && !line.TrimEnd('=').Contains('=') && line.ContainsAnyInRange('0', '9') && Randomness.Of(line) >= RandomLine;
}
