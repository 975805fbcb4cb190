namespace MeaiBudget;

/// <summary>Counts the characters in the strings of a page's content, which it receives in blocks.</summary>
internal struct PdfTextTally
{
    // Fonts with two bytes for a glyph write strings in hexadecimal digits: four for each character.
    private const int DigitsPerCharacter = 4;

    private int _depth;
    private bool _isEscaped;
    private bool _isHexadecimal;
    private long _digits;
    private long _letters;

    public readonly long Characters => _letters + (_digits / DigitsPerCharacter);

    public void Add(ReadOnlySpan<byte> block)
    {
        while (block.Length > 0)
        {
            if (_depth == 0 && !_isHexadecimal)
            {
                int start = block.IndexOfAny((byte)'(', (byte)'<');
                if (start < 0)
                {
                    return;
                }

                _isHexadecimal = block[start] == (byte)'<';
                _depth = _isHexadecimal ? 0 : 1;
                block = block[(start + 1)..];
            }
            else if (_isHexadecimal)
            {
                // "<<" begins a dictionary, not a string.
                int end = block.IndexOfAny((byte)'>', (byte)'<');
                _digits += end < 0 ? block.Length : end;
                _isHexadecimal = end < 0;
                block = end < 0 ? default : block[(end + 1)..];
            }
            else
            {
                AddLetter(block[0]);
                block = block[1..];
            }
        }
    }

    private void AddLetter(byte letter)
    {
        bool isEscaped = _isEscaped;
        _isEscaped = !isEscaped && letter == (byte)'\\';
        if (_isEscaped)
        {
            return;
        }

        _depth += isEscaped ? 0 : letter == (byte)'(' ? 1 : letter == (byte)')' ? -1 : 0;
        _letters += _depth > 0 ? 1 : 0;
    }
}
