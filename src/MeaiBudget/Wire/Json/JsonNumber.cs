using System.Buffers.Text;
using System.Globalization;

namespace MeaiBudget;

/// <summary>Reads numbers as servers and proxies write them: whole, as text, with fractions, with exponents.</summary>
internal static class JsonNumber
{
    /// <summary>Finds the end of a number that stands whole in the bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="at">Where it begins.</param>
    /// <returns>The place behind its last character; -1 if there is none.</returns>
    public static int FindEnd(ReadOnlySpan<byte> bytes, int at)
    {
        if (at >= bytes.Length || bytes[at] is not ((byte)'-' or (>= (byte)'0' and <= (byte)'9')))
        {
            return -1;
        }

        at++;
        while (at < bytes.Length && bytes[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.' or (byte)'e' or (byte)'E')
        {
            at++;
        }

        return at;
    }

    /// <summary>Reads a count.</summary>
    /// <param name="text">The number as written.</param>
    /// <param name="count">The count; a fraction is rounded up, what is too large for it becomes the largest or smallest.</param>
    /// <param name="isFraction">Whether there was a fraction.</param>
    /// <returns><see langword="false"/> if it is no number.</returns>
    public static bool TryReadCount(ReadOnlySpan<byte> text, out long count, out bool isFraction)
    {
        isFraction = false;
        if (Utf8Parser.TryParse(text, out count, out int read) && read == text.Length)
        {
            return true;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || double.IsNaN(number))
        {
            count = 0;
            return false;
        }

        double whole = Math.Ceiling(number);
        isFraction = double.IsFinite(number) && whole != number;
        count = whole >= long.MaxValue ? long.MaxValue : whole <= long.MinValue ? long.MinValue : (long)whole;
        return true;
    }

    /// <summary>Reads an amount of money.</summary>
    /// <param name="text">The number as written.</param>
    /// <param name="amount">The amount.</param>
    /// <returns><see langword="false"/> if it is no number, negative, or larger than an amount can be.</returns>
    public static bool TryReadAmount(ReadOnlySpan<byte> text, out decimal amount) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out amount) && amount >= 0;
}
