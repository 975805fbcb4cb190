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

    private readonly Random _random = new(seed);

    /// <summary>Makes a text of one of several kinds.</summary>
    public string Next()
    {
        var text = new StringBuilder();
        int length = _random.Next(1, 90);
        switch (_random.Next(9))
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
