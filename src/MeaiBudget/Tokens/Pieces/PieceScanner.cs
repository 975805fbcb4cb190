using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>
/// Finds the end of a piece of text, one code point at a time: tiktoken's patterns as hand-written code for valid UTF-8. Reads each run
/// of characters at most three times, so it is linear for every input.
/// </summary>
internal ref struct PieceScanner
{
    private const CharacterClass Word = CharacterClass.Lead | CharacterClass.Trail;

    private readonly ref byte _text;
    private readonly int _end;

    /// <summary>Creates a scanner for valid UTF-8.</summary>
    internal PieceScanner(ref byte text, int end)
    {
        _text = ref text;
        _end = end;
    }

    /// <summary>True if the last piece would be different if the text continued.</summary>
    internal bool ReachedEnd { get; set; }

    /// <summary>Returns the end of the o200k piece that starts at <paramref name="start"/>.</summary>
    /// <remarks>
    /// <c>P?[Lu Lt Lm Lo M]*[Ll Lm Lo M]+C?|P?[Lu Lt Lm Lo M]+[Ll Lm Lo M]*C?|N{1,3}| ?[^\s L N]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
    /// where P is <c>[^\r\n L N]</c> and C a contraction such as <c>'ll</c>.
    /// </remarks>
    internal int EndOfO200k(int start)
    {
        CharacterClass first = ClassAt(start, out int size);
        if ((first & (CharacterClass.Letter | CharacterClass.Number | CharacterClass.NewLine)) == 0)
        {
            int end = EndOfWord(start + size, (first & Word) == 0);
            if (end < 0 && (first & Word) != 0)
            {
                // A mark without a following word is a word itself.
                end = EndOfWord(start, true);
            }

            if (end >= 0)
            {
                return end + ContractionAt(end, ignoreCase: true);
            }
        }
        else if ((first & CharacterClass.Letter) != 0)
        {
            int end = EndOfWord(start, true);
            return end + ContractionAt(end, ignoreCase: true);
        }

        return (first & CharacterClass.Number) != 0 ? EndOfNumber(start + size, 2) : EndOfRest(start, first, size, newLines: true, slashes: true);
    }

    /// <summary>Returns the end of the cl100k piece that starts at <paramref name="start"/>.</summary>
    /// <remarks><c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n L N]?L+|N{1,3}| ?[^\s L N]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c></remarks>
    internal int EndOfCl100k(int start)
    {
        int contraction = ContractionAt(start, ignoreCase: true);
        if (contraction > 0)
        {
            return start + contraction;
        }

        CharacterClass first = ClassAt(start, out int size);
        if ((first & CharacterClass.Letter) != 0)
        {
            return EndOfRun(start + size, CharacterClass.Letter);
        }

        if ((first & CharacterClass.Number) != 0)
        {
            return EndOfNumber(start + size, 2);
        }

        if ((first & CharacterClass.NewLine) == 0 && (ClassAt(start + size, out int letter) & CharacterClass.Letter) != 0)
        {
            return EndOfRun(start + size + letter, CharacterClass.Letter);
        }

        return EndOfRest(start, first, size, newLines: true, slashes: false);
    }

    /// <summary>Returns the end of the r50k, p50k or GPT-2 piece that starts at <paramref name="start"/>.</summary>
    /// <remarks><c>'s|'t|'re|'ve|'m|'ll|'d| ?L+| ?N+| ?[^\s L N]+|\s+(?!\S)|\s+</c></remarks>
    internal int EndOfGpt2(int start)
    {
        int contraction = ContractionAt(start, ignoreCase: false);
        if (contraction > 0)
        {
            return start + contraction;
        }

        CharacterClass first = ClassAt(start, out int size);
        int from = start + size;
        CharacterClass kind = first;
        if (ByteAt(start) == ' ')
        {
            kind = ClassAt(from, out int second);
            from += second;
        }

        if ((kind & CharacterClass.Letter) != 0)
        {
            return EndOfRun(from, CharacterClass.Letter);
        }

        return (kind & CharacterClass.Number) != 0
            ? EndOfRun(from, CharacterClass.Number)
            : EndOfRest(start, first, size, newLines: false, slashes: false);
    }

    /// <summary>
    /// Returns the length of the contraction that starts with an apostrophe, including the apostrophe; 0 if there is none. If case is
    /// ignored, s also matches the long s. Two more bytes must be readable, zeros at the end of the text.
    /// </summary>
    internal static int ContractionAt(ref byte apostrophe, bool ignoreCase)
    {
        int fold = ignoreCase ? 0x20 : 0;
        int first = Unsafe.Add(ref apostrophe, 1);
        int second = Unsafe.Add(ref apostrophe, 2);
        switch (first | fold)
        {
            case 's' or 't' or 'm' or 'd':
                return 2;
            case 'r' or 'v' when (second | fold) == 'e':
                return 3;
            case 'l' when (second | fold) == 'l':
                return 3;
            default:
                return ignoreCase && first == 0xC5 && second == 0xBF ? 3 : 0;
        }
    }

    // The first two alternatives of o200k without prefix and contraction. Returns -1 if neither matches.
    private int EndOfWord(int start, bool upperCaseAlone)
    {
        int lastBoth = -1;
        int position = start;
        CharacterClass found;
        int size;
        while (((found = ClassAt(position, out size)) & CharacterClass.Lead) != 0)
        {
            position += size;
            if ((found & CharacterClass.Trail) != 0)
            {
                lastBoth = position;
            }
        }

        if ((found & CharacterClass.Trail) != 0)
        {
            return EndOfRun(position + size, CharacterClass.Trail);
        }

        // The pattern backtracks to the last character that may continue a word.
        return lastBoth >= 0 ? lastBoth : upperCaseAlone && position > start ? position : -1;
    }

    private int EndOfRun(int position, CharacterClass set)
    {
        while ((ClassAt(position, out int size) & set) != 0)
        {
            position += size;
        }

        return position;
    }

    private int EndOfNumber(int position, int more)
    {
        while (more-- > 0 && (ClassAt(position, out int size) & CharacterClass.Number) != 0)
        {
            position += size;
        }

        return position;
    }

    // The alternatives for text that is neither word nor number: symbols after an optional space, or white space.
    private int EndOfRest(int start, CharacterClass first, int size, bool newLines, bool slashes)
    {
        const CharacterClass NotSymbol = CharacterClass.White | CharacterClass.Letter | CharacterClass.Number | CharacterClass.End;
        int position = start + size;
        bool symbols = (first & NotSymbol) == 0;
        if (!symbols && ByteAt(start) == ' ' && (ClassAt(position, out int next) & NotSymbol) == 0)
        {
            symbols = true;
            position += next;
        }

        if (symbols)
        {
            while ((ClassAt(position, out int more) & NotSymbol) == 0)
            {
                position += more;
            }

            while (newLines && (ByteAt(position) is (byte)'\r' or (byte)'\n' || (slashes && ByteAt(position) == '/')))
            {
                position++;
            }

            return position;
        }

        int afterNewLine = (first & CharacterClass.NewLine) != 0 ? position : -1;
        int last = start;
        CharacterClass found;
        int width;
        while (((found = ClassAt(position, out width)) & CharacterClass.White) != 0)
        {
            last = position;
            position += width;
            if ((found & CharacterClass.NewLine) != 0)
            {
                afterNewLine = position;
            }
        }

        if (newLines && afterNewLine >= 0)
        {
            return afterNewLine;
        }

        return found == CharacterClass.End || last == start ? position : last;
    }

    private int ContractionAt(int position, bool ignoreCase)
    {
        if (ByteAt(position) != '\'')
        {
            return 0;
        }

        ReachedEnd |= position + 2 >= _end;
        return ContractionAt(ref Unsafe.Add(ref _text, position), ignoreCase);
    }

    // Returns zero after the end; zero is in no set for which bytes are tested.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ByteAt(int position)
    {
        if (position >= _end)
        {
            ReachedEnd = true;
            return 0;
        }

        return Unsafe.Add(ref _text, position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CharacterClass ClassAt(int position, out int size)
    {
        if (position >= _end)
        {
            ReachedEnd = true;
            size = 0;
            return CharacterClass.End;
        }

        return CharacterClasses.Of(Utf8Text.Decode(ref Unsafe.Add(ref _text, position), out size));
    }
}
