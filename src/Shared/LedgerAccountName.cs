using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Escapes an account's name so that it contains no separators and every store can hold it: white space, control characters and
/// unpaired surrogates become <c>~XXXX</c>, other characters stay unchanged. Two different names never become the same text.
/// </summary>
internal static class LedgerAccountName
{
    private const char Mark = '~';

    public static string Escape(string account)
    {
        for (int i = 0; i < account.Length; i++)
        {
            if (MustEscape(account, i))
            {
                return EscapeFrom(account, i);
            }

            if (char.IsHighSurrogate(account[i]))
            {
                i++;
            }
        }

        // A field must not be empty. Escaping never writes a single "~" otherwise.
        return account.Length == 0 ? "~" : account;
    }

    public static string Unescape(string written)
    {
        if (!written.Contains(Mark, StringComparison.Ordinal))
        {
            return written;
        }

        var text = new StringBuilder(written.Length);
        for (int i = 0; i < written.Length; i++)
        {
            if (written[i] == Mark && i + 4 < written.Length)
            {
                text.Append((char)ushort.Parse(written.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else if (written[i] != Mark)
            {
                text.Append(written[i]);
            }
        }

        return text.ToString();
    }

    /// <summary>Returns the first text after all that begin with a prefix, by code points; <see langword="null"/> if there is none.</summary>
    /// <param name="prefix">The prefix, escaped.</param>
    /// <param name="most">How many of its characters are looked at.</param>
    public static string? EndOfPrefix(string prefix, int most)
    {
        List<Rune> characters = [.. prefix.EnumerateRunes().Take(most)];
        for (int i = characters.Count - 1; i >= 0; i--)
        {
            int next = characters[i].Value + 1;
            if (Rune.IsValid(next) || next == 0xD800)
            {
                return string.Concat(characters.Take(i)) + (Rune.IsValid(next) ? new Rune(next) : new Rune(0xE000));
            }
        }

        return null;
    }

    /// <summary>Compares two names as stores do that sort by the bytes of the escaped name in UTF-8.</summary>
    public static int Compare(string one, string other)
    {
        (string left, string right) = (Escape(one), Escape(other));
        int length = Math.Min(left.Length, right.Length);
        for (int i = 0; i < length; i++)
        {
            if (left[i] != right[i])
            {
                return CodePointOrder(left[i]).CompareTo(CodePointOrder(right[i]));
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <summary>In UTF-8, characters outside the basic plane (surrogates in UTF-16) sort behind all others.</summary>
    private static int CodePointOrder(char letter) => char.IsSurrogate(letter) ? letter + 0x10000 : letter;

    private static string EscapeFrom(string account, int start)
    {
        StringBuilder text = new StringBuilder(account.Length + 16).Append(account, 0, start);
        for (int i = start; i < account.Length; i++)
        {
            if (MustEscape(account, i))
            {
                text.Append(Mark).Append(((int)account[i]).ToString("X4", CultureInfo.InvariantCulture));
                continue;
            }

            text.Append(account[i]);
            if (char.IsHighSurrogate(account[i]))
            {
                text.Append(account[++i]);
            }
        }

        return text.ToString();
    }

    private static bool MustEscape(string account, int index)
    {
        char letter = account[index];
        if (letter <= 0x7E)
        {
            return letter <= ' ' || letter == Mark;
        }

        return char.IsControl(letter)
            || char.IsWhiteSpace(letter)
            || char.IsLowSurrogate(letter)
            || (char.IsHighSurrogate(letter) && !(index + 1 < account.Length && char.IsLowSurrogate(account[index + 1])));
    }
}
