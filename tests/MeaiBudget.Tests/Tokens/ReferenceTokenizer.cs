using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>
/// The plainest form of tiktoken's ordinary encoding: the split patterns by backtracking over code points, and the merge by
/// looking at all pairs each time. Slow, and easy to check against the patterns by eye.
/// </summary>
internal sealed class ReferenceTokenizer
{
    private readonly Dictionary<string, int> _ranks;
    private readonly SplitPattern _pattern;
    private readonly Dictionary<string, int> _counts = [];

    private int[] _text = [];

    private ReferenceTokenizer(Dictionary<string, int> ranks, SplitPattern pattern)
    {
        _ranks = ranks;
        _pattern = pattern;
    }

    public static ReferenceTokenizer O200k { get; } = new(Ranks("O200kBase", "o200k_base"), SplitPattern.O200k);

    public static ReferenceTokenizer Cl100k { get; } = new(Ranks("Cl100kBase", "cl100k_base"), SplitPattern.Cl100k);

    /// <summary>The pattern of GPT-2 over the vocabulary of cl100k.</summary>
    public static ReferenceTokenizer Gpt2 { get; } = new(Cl100k._ranks, SplitPattern.Gpt2);

    /// <summary>The tokens by rank, as Latin-1 strings.</summary>
    public IReadOnlyDictionary<string, int> Tokens => _ranks;

    public int Count(string text)
    {
        lock (_counts)
        {
            _text = [.. text.EnumerateRunes().Select(rune => rune.Value)];
            int count = 0;
            for (int start = 0; start < _text.Length;)
            {
                int end = EndOfPiece(start);
                count += CountPiece(start, end);
                start = end;
            }

            return count;
        }
    }

    private int CountPiece(int start, int end)
    {
        string piece = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(string.Concat(_text[start..end].Select(char.ConvertFromUtf32))));
        if (!_counts.TryGetValue(piece, out int count))
        {
            count = _ranks.ContainsKey(piece) ? 1 : Merge(piece);
            _counts[piece] = count;
        }

        return count;
    }

    private int Merge(string piece)
    {
        List<string> parts = [.. piece.Select(unit => unit.ToString())];
        while (true)
        {
            int best = -1;
            int bestRank = int.MaxValue;
            for (int i = 0; i < parts.Count - 1; i++)
            {
                if (_ranks.TryGetValue(parts[i] + parts[i + 1], out int rank) && rank < bestRank)
                {
                    best = i;
                    bestRank = rank;
                }
            }

            if (best < 0)
            {
                return parts.Count;
            }

            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }

    private int EndOfPiece(int start) => _pattern switch
    {
        SplitPattern.O200k => Word(start, Upper, Lower, 0, 1) ?? Word(start, Upper, Lower, 1, 0) ?? Number(start, 3) ?? Symbols(start, "\r\n/") ?? LineEnds(start) ?? Blanks(start),
        SplitPattern.Cl100k => Contraction(start, true) ?? Letters(start, NotLetterNumberLineEnd) ?? Number(start, 3) ?? Symbols(start, "\r\n") ?? LineEnds(start) ?? Blanks(start),
        _ => Contraction(start, false) ?? Letters(start, Space) ?? SpacedNumber(start) ?? Symbols(start, "") ?? Blanks(start),
    };

    // [^\r\n\p{L}\p{N}]?{first}*{second}+ and {first}+{second}*, each with a contraction.
    private int? Word(int start, Func<int, bool> first, Func<int, bool> second, int firstAtLeast, int secondAtLeast)
    {
        for (int prefix = Is(start, NotLetterNumberLineEnd) ? 1 : 0; prefix >= 0; prefix--)
        {
            int from = start + prefix;
            for (int leading = Run(from, first); leading >= firstAtLeast; leading--)
            {
                int trailing = Run(from + leading, second);
                if (trailing >= secondAtLeast)
                {
                    int end = from + leading + trailing;
                    return Contraction(end, true) ?? end;
                }
            }
        }

        return null;
    }

    private int? Letters(int start, Func<int, bool> prefix)
    {
        for (int skip = Is(start, prefix) ? 1 : 0; skip >= 0; skip--)
        {
            int letters = Run(start + skip, Letter);
            if (letters > 0)
            {
                return start + skip + letters;
            }
        }

        return null;
    }

    private int? Number(int start, int most) => Run(start, Digit) is > 0 and int digits ? start + Math.Min(most, digits) : null;

    private int? SpacedNumber(int start) => Number(start + (Is(start, Space) ? 1 : 0), int.MaxValue);

    private int? Symbols(int start, string tail)
    {
        int from = start + (Is(start, Space) ? 1 : 0);
        int symbols = Run(from, c => !White(c) && !Letter(c) && !Digit(c));
        return symbols == 0 ? null : from + symbols + Run(from + symbols, c => c < 128 && tail.Contains((char)c));
    }

    private int? LineEnds(int start)
    {
        for (int white = Run(start, White); white >= 0; white--)
        {
            int lines = Run(start + white, LineEnd);
            if (lines > 0)
            {
                return start + white + lines;
            }
        }

        return null;
    }

    private int Blanks(int start)
    {
        int white = Run(start, White);
        return start + (start + white < _text.Length && white > 1 ? white - 1 : white);
    }

    private int? Contraction(int start, bool ignoreCase)
    {
        if (!Is(start, c => c == '\''))
        {
            return null;
        }

        foreach (string ending in new[] { "s", "t", "re", "ve", "m", "ll", "d" })
        {
            bool matches = start + ending.Length < _text.Length;
            for (int i = 0; matches && i < ending.Length; i++)
            {
                int found = _text[start + 1 + i];
                matches = found == ending[i] || (ignoreCase && (found == char.ToUpperInvariant(ending[i]) || (found == 0x17F && ending[i] == 's')));
            }

            if (matches)
            {
                return start + 1 + ending.Length;
            }
        }

        return null;
    }

    private bool Is(int position, Func<int, bool> set) => position < _text.Length && set(_text[position]);

    private int Run(int start, Func<int, bool> set)
    {
        int end = start;
        while (Is(end, set))
        {
            end++;
        }

        return end - start;
    }

    private static bool Space(int c) => c == ' ';

    private static bool LineEnd(int c) => c is '\r' or '\n';

    private static bool White(int c) => c is (>= 9 and <= 13) or ' ' or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    private static bool Letter(int c) => CharUnicodeInfo.GetUnicodeCategory(c) <= UnicodeCategory.OtherLetter;

    private static bool Mark(int c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool Digit(int c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool NotLetterNumberLineEnd(int c) => !Letter(c) && !Digit(c) && !LineEnd(c);

    private static bool Upper(int c) => Mark(c) || (Letter(c) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.LowercaseLetter);

    private static bool Lower(int c) => Mark(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.LowercaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

    private static Dictionary<string, int> Ranks(string package, string encoding)
    {
        using Stream resource = Assembly.Load($"Microsoft.ML.Tokenizers.Data.{package}").GetManifestResourceStream($"{encoding}.tiktoken.deflate")!;
        using var reader = new StreamReader(new DeflateStream(resource, CompressionMode.Decompress));
        reader.ReadLine();
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int rank = 0; reader.ReadLine() is { } line; rank++)
        {
            if (line.Length > 0)
            {
                ranks[Encoding.Latin1.GetString(Convert.FromBase64String(line))] = rank;
            }
        }

        return ranks;
    }
}
