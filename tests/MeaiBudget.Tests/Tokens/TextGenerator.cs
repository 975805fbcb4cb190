using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Makes texts that are hard to count, from a seed.</summary>
internal sealed class TextGenerator(int seed)
{
    private const string Separators = "  \n\r\t/'a;1A";

    private static readonly string[] Fragments =
    [
        " ", "  ", "     ", "\n", "\r\n", "\n\n", "\t", "\v", "\u00a0", "\u3000", "\u2028", "\u0085", "'", "'s", "'S", "'ll", "'RE", "'\u017f", "'x", "/", "//", "\n/", ";\n/", ";\n\n",
        "don't", "the", "The", "HTTPServer", "camelCase", "iOS", "X", "a", "Z", "1", "12", "123", "1234", "1234567", "(", "((", "({", "\"", ".", "...", "=>", "<|endoftext|>", "\0", "\u001c",
        "é", "É", "straße", "Привет", "мИр", "Ωμ", "中", "中文字", "ひら", "カナ", "한국", "عربي", "हिन्दी", "ไทย", "\u0301", "\u0345", "\u200d", "\ufeff", "ª", "ʰ", "ǅ", "😀", "👩‍👧", "🇩🇪",
        "𝔘", "𝟘", "𐐀", "𐐨", "𠀀", "½", "Ⅷ", "٣", "\ud800", "\udc00",
    ];

    // Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Bengali, Tamil, Thai, Georgian, kana, Han, Hangul, full width.
    private static readonly (int First, int Last)[] Scripts =
    [
        (0x00C0, 0x017F), (0x0386, 0x03CE), (0x0410, 0x044F), (0x05B0, 0x05EA), (0x0610, 0x0669), (0x0900, 0x0970), (0x0985, 0x09F0), (0x0B85, 0x0BCD),
        (0x0E01, 0x0E59), (0x10A0, 0x10FF), (0x3000, 0x30FF), (0x4E00, 0x5300), (0x4E00, 0x9FFF), (0xAC00, 0xB000), (0xC700, 0xC900), (0xFF00, 0xFF9F),
    ];

    private readonly Random _random = new(seed);

    /// <summary>Makes a text of one of several kinds.</summary>
    public string Next()
    {
        var text = new StringBuilder();
        int length = _random.Next(1, 90);
        switch (_random.Next(11))
        {
            case 0: // UTF-16 units of any value, lone surrogates among them
                for (int i = 0; i < length; i++)
                {
                    text.Append((char)_random.Next(0x10000));
                }

                break;
            case 1: // bytes
                for (int i = 0; i < length; i++)
                {
                    text.Append((char)_random.Next(256));
                }

                break;
            case 2: // code points of one page, with ASCII between
                int page = _random.Next(0x1100);
                for (int i = 0; i < length; i++)
                {
                    int codePoint = _random.Next(4) == 0 ? _random.Next(32, 127) : (page << 8) | _random.Next(256);
                    text.Append(Rune.IsValid(codePoint) ? new Rune(codePoint).ToString() : "\ud912");
                }

                break;
            case 3: // a run, long enough for several windows now and then
                string unit = Fragment();
                text.Append(Fragment()).Insert(text.Length, unit, _random.Next(5) == 0 ? _random.Next(1, 700) : length).Append(Fragment());
                break;
            case 4: // words long enough for several windows
                for (int i = _random.Next(1, 900); i > 0; i--)
                {
                    text.Append((char)('a' + _random.Next(_random.Next(1, 27))));
                }

                break;
            case 5: // white space, symbols and line ends
                for (int i = 0; i < length; i++)
                {
                    text.Append(Separators[_random.Next(Separators.Length)]);
                }

                break;
            case 6: // printable ASCII
                for (int i = 0; i < length * 2; i++)
                {
                    text.Append((char)_random.Next(32, 127));
                }

                break;
            case 7: // letters of one script, as many in a row as tokens and windows are long
            case 8:
                (int first, int last) = Scripts[_random.Next(Scripts.Length)];
                int letters = _random.Next(2, Math.Min(last - first, 60));
                int offset = _random.Next(last - first - letters);
                for (int i = _random.Next(4) == 0 ? length * 6 : length; i > 0; i--)
                {
                    text.Append(_random.Next(12) == 0 ? Fragment() : ((char)(first + offset + _random.Next(letters))).ToString());
                }

                break;
            default:
                for (int i = 0; i < length / 2; i++)
                {
                    text.Append(Fragment());
                }

                break;
        }

        return text.ToString();
    }

    private string Fragment() => Fragments[_random.Next(Fragments.Length)];
}
