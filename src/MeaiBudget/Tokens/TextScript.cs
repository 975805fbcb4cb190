using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>Kinds of text that the tokenizers of other families treat differently. Each piece has one kind.</summary>
internal enum TextScript : byte
{
    /// <summary>Words with ASCII letters only.</summary>
    Latin,

    /// <summary>The same if it has several tokens in o200k_base: rare words, identifiers, Base64.</summary>
    LatinRare,

    /// <summary>Words with Latin letters, some accented.</summary>
    LatinAccented,

    /// <summary>Decimal digits.</summary>
    Digits,

    /// <summary>Punctuation, operators, white space.</summary>
    Symbols,

    /// <summary>Cyrillic.</summary>
    Cyrillic,

    /// <summary>Greek.</summary>
    Greek,

    /// <summary>Hebrew.</summary>
    Hebrew,

    /// <summary>Arabic.</summary>
    Arabic,

    /// <summary>Devanagari.</summary>
    Devanagari,

    /// <summary>Bengali, Tamil and the other scripts of India.</summary>
    Indic,

    /// <summary>Thai, Lao, Khmer, Burmese.</summary>
    Thai,

    /// <summary>Chinese characters and their punctuation.</summary>
    Han,

    /// <summary>Hiragana and katakana, and Chinese characters in the same piece.</summary>
    Kana,

    /// <summary>Hangul.</summary>
    Hangul,

    /// <summary>Emoji and everything else.</summary>
    Other,
}

/// <summary>Determines the script of a piece.</summary>
internal static class TextScripts
{
    /// <summary>The number of scripts.</summary>
    internal const int Count = (int)TextScript.Other + 1;

    /// <summary>Returns the script of a piece of valid UTF-8, determined by its first character that is not ASCII.</summary>
    internal static TextScript Of(ReadOnlySpan<byte> piece)
    {
        int first = piece.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
        if (first < 0)
        {
            return OfAscii(piece);
        }

        TextScript script = OfCodePoint(Utf8Text.Decode(ref Unsafe.AsRef(in piece[first]), out int size));
        if (script == TextScript.Han)
        {
            // Japanese mixes both scripts in one piece.
            for (int i = first + size; i < piece.Length; i += size)
            {
                if (OfCodePoint(Utf8Text.Decode(ref Unsafe.AsRef(in piece[i]), out size)) == TextScript.Kana)
                {
                    return TextScript.Kana;
                }
            }
        }

        return script;
    }

    /// <summary>Returns the script of an ASCII piece. A word may have one other character before it.</summary>
    internal static TextScript OfAscii(ReadOnlySpan<byte> piece)
    {
        byte first = piece[0];
        return char.IsAsciiDigit((char)first) ? TextScript.Digits
            : char.IsAsciiLetter((char)first) || (piece.Length > 1 && char.IsAsciiLetter((char)piece[1])) ? TextScript.Latin
            : TextScript.Symbols;
    }

    private static TextScript OfCodePoint(int codePoint) => codePoint switch
    {
        < 0x00C0 => TextScript.Symbols,
        < 0x0370 or (>= 0x1E00 and < 0x1F00) => TextScript.LatinAccented,
        < 0x0400 or (>= 0x1F00 and < 0x2000) => TextScript.Greek,
        < 0x0530 => TextScript.Cyrillic,
        >= 0x0590 and < 0x0600 => TextScript.Hebrew,
        >= 0x0600 and < 0x0780 => TextScript.Arabic,
        >= 0x0900 and < 0x0980 => TextScript.Devanagari,
        >= 0x0980 and < 0x0E00 => TextScript.Indic,
        >= 0x0E00 and < 0x0F00 or (>= 0x1000 and < 0x10A0) or (>= 0x1780 and < 0x1800) => TextScript.Thai,
        >= 0x1100 and < 0x1200 or (>= 0x3130 and < 0x3190) or (>= 0xAC00 and < 0xD7B0) => TextScript.Hangul,
        >= 0x2000 and < 0x2070 => TextScript.Symbols,
        >= 0x3040 and < 0x3100 or (>= 0xFF66 and < 0xFFA0) => TextScript.Kana,
        >= 0x2E80 and < 0x3040 or (>= 0x3400 and < 0xA000) or (>= 0xF900 and < 0xFB00) or (>= 0xFF00 and < 0xFFF0) or (>= 0x20000 and < 0x32000) => TextScript.Han,
        >= 0xFB50 and < 0xFE00 or (>= 0xFE70 and < 0xFF00) => TextScript.Arabic,
        _ => TextScript.Other,
    };
}

/// <summary>A tally of o200k_base tokens by script, of digits, and of how much a text repeats itself.</summary>
internal struct ScriptTally : ITokenTally
{
    private const int Buckets = 128;
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private ScriptTokens _tokens;
    private BucketTokens _buckets;

    public static bool ByPiece => true;

    /// <summary>The number of ASCII digits.</summary>
    internal long Digits { get; private set; }

    /// <summary>Returns the tokens of a script.</summary>
    internal readonly long this[TextScript script] => _tokens[(int)script];

    /// <summary>
    /// The number of different pieces that would have the same share each: a thousand times one word is 1, English prose 60 to 100. The
    /// errors of so many pieces cancel out. Pieces share buckets, so it is at most their number.
    /// </summary>
    internal readonly double Diversity
    {
        get
        {
            double sum = 0;
            double squares = 0;
            for (int bucket = 0; bucket < Buckets; bucket++)
            {
                double tokens = _buckets[bucket];
                sum += tokens;
                squares += tokens * tokens;
            }

            return squares == 0 ? 1 : sum * sum / squares;
        }
    }

    // 128 bytes are readable from each byte of a text (see PieceCounter).
    public void Add(ref byte piece, int length, int tokens, bool isAscii)
    {
        ulong start = Unsafe.ReadUnaligned<ulong>(ref piece);
        start = length < sizeof(ulong) ? start & ((1UL << (length * 8)) - 1) : start ^ (uint)length;
        _buckets[(int)((start * Multiplier) >> (64 - 7))] += tokens;

        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(ref piece, length);
        TextScript script = isAscii ? TextScripts.OfAscii(bytes) : TextScripts.Of(bytes);
        script = script == TextScript.Latin && tokens > 1 ? TextScript.LatinRare : script;
        Digits += script == TextScript.Digits ? length : 0;
        _tokens[(int)script] += tokens;
    }

    [InlineArray(Buckets)]
    private struct BucketTokens
    {
        private int _first;
    }

    [InlineArray(TextScripts.Count)]
    private struct ScriptTokens
    {
        private long _first;
    }
}
