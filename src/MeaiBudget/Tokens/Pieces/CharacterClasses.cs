using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace MeaiBudget;

/// <summary>Properties of a code point that the split patterns use. Each flag tests one of their character sets.</summary>
[Flags]
internal enum CharacterClass : byte
{
    /// <summary>No letter, mark, number or white space.</summary>
    Other = 0,

    /// <summary>Can start a word of o200k: upper case, title case, modifier, other letter, mark.</summary>
    Lead = 1,

    /// <summary>Can continue a word of o200k: lower case, modifier, other letter, mark.</summary>
    Trail = 2,

    /// <summary>A letter (<c>\p{L}</c>).</summary>
    Letter = 4,

    /// <summary>A number (<c>\p{N}</c>).</summary>
    Number = 8,

    /// <summary>White space (<c>\s</c>).</summary>
    White = 16,

    /// <summary>Carriage return or line feed; both are also white space.</summary>
    NewLine = 32,

    /// <summary>The end of the text, which is in no set.</summary>
    End = 64,

    /// <summary>Set for every code point whose class was looked up.</summary>
    Known = 128,
}

/// <summary>
/// The classes of all code points. Those of the basic plane are in one table that is filled on demand, the others in pages of 256 that
/// are created on demand.
/// </summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] Basic = new CharacterClass[0x10000];
    private static readonly CharacterClass[]?[] Pages = new CharacterClass[]?[0x110000 >> 8];

    /// <summary>Returns the class of a code point, with <see cref="CharacterClass.Known"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static CharacterClass Of(int codePoint)
    {
        CharacterClass[] basic = Basic;
        if ((uint)codePoint < (uint)basic.Length && basic[codePoint] is var found && found != 0)
        {
            return found;
        }

        return Other(codePoint);
    }

    /// <summary>
    /// Returns the classes of eight UTF-16 units that are not surrogates, one byte each. Returns false if some were not looked up before
    /// with <see cref="Classify(ReadOnlySpan{char})"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryGetEight(ref ushort units, out Vector128<byte> classes)
    {
        ref byte basic = ref Unsafe.As<CharacterClass, byte>(ref MemoryMarshal.GetArrayDataReference(Basic));
        classes = Vector128.CreateScalarUnsafe(Unsafe.Add(ref basic, (nuint)units))
            .WithElement(1, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 1)))
            .WithElement(2, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 2)))
            .WithElement(3, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 3)))
            .WithElement(4, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 4)))
            .WithElement(5, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 5)))
            .WithElement(6, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 6)))
            .WithElement(7, Unsafe.Add(ref basic, (nuint)Unsafe.Add(ref units, 7)));
        return (~classes.ExtractMostSignificantBits() & 0xFF) == 0;
    }

    /// <summary>Looks up the classes of UTF-16 units.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Classify(ReadOnlySpan<char> units)
    {
        foreach (char unit in units)
        {
            Of(unit);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CharacterClass Other(int codePoint)
    {
        if (codePoint < Basic.Length)
        {
            return Basic[codePoint] = Classify(codePoint) | CharacterClass.Known;
        }

        CharacterClass[] page = Pages[codePoint >> 8] ?? MakePage(codePoint >> 8);
        return page[codePoint & 0xFF];
    }

    private static CharacterClass[] MakePage(int number)
    {
        var page = new CharacterClass[256];
        for (int i = 0; i < page.Length; i++)
        {
            page[i] = Classify((number << 8) | i) | CharacterClass.Known;
        }

        Volatile.Write(ref Pages[number], page);
        return page;
    }

    private static CharacterClass Classify(int codePoint)
    {
        if (codePoint is '\r' or '\n')
        {
            return CharacterClass.White | CharacterClass.NewLine;
        }

        if (Rune.TryCreate(codePoint, out Rune rune) && Rune.IsWhiteSpace(rune))
        {
            return CharacterClass.White;
        }

        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterClass.Letter | CharacterClass.Lead,
            UnicodeCategory.LowercaseLetter => CharacterClass.Letter | CharacterClass.Trail,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter | CharacterClass.Lead | CharacterClass.Trail,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterClass.Lead | CharacterClass.Trail,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
