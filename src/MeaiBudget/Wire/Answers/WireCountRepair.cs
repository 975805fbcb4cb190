using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>Rewrites counts of an answer that an SDK cannot read (text, fractions, <c>null</c>, absurd numbers), so that the answer is not lost.</summary>
/// <remarks>
/// Each value is overwritten where it stands, with spaces behind it: the length of the answer does not change. The charge is not affected:
/// it uses the counts as they were sent. A value that is cut by the end of the buffer stays as it is; the handler repairs a short answer
/// once more when it has all of it.
/// </remarks>
internal static class WireCountRepair
{
    private const int LongestName = 64;

    /// <summary>Rewrites the counts in a part of an answer.</summary>
    /// <param name="bytes">The part; changed in place.</param>
    public static void Repair(Span<byte> bytes)
    {
        int at = 0;
        while (NextProperty(bytes, ref at, out ReadOnlySpan<byte> name))
        {
            if (at < bytes.Length && KindOf(name) is var kind && kind != NameKind.Other)
            {
                int end = EndOfValue(bytes, at);
                if (end > at)
                {
                    Repair(bytes[at..end], kind);
                    at = kind == NameKind.Usage && bytes[at] == (byte)'{' ? at + 1 : end;
                }
            }
        }
    }

    /// <summary>Moves to the value of the next property.</summary>
    /// <remarks>Inside a JSON string a quote is escaped, so that a name in quotes with a colon behind it is a property's.</remarks>
    private static bool NextProperty(ReadOnlySpan<byte> bytes, ref int at, out ReadOnlySpan<byte> name)
    {
        while (at < bytes.Length)
        {
            int colon = bytes[at..].IndexOf((byte)':');
            if (colon < 0)
            {
                break;
            }

            ReadOnlySpan<byte> before = bytes[at..(at + colon)].TrimEnd(" \t\r\n"u8);
            at += colon + 1;
            while (at < bytes.Length && bytes[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                at++;
            }

            if (before.EndsWith((byte)'"') && before[..^1].LastIndexOf((byte)'"') is var quote and >= 0
                && before.Length - quote <= LongestName && (quote == 0 || before[quote - 1] != (byte)'\\'))
            {
                name = before[(quote + 1)..^1];
                return true;
            }
        }

        name = default;
        return false;
    }

    private static NameKind KindOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("usage"u8) ? NameKind.Usage
        : name.EndsWith("_tokens"u8) || name.EndsWith("_count"u8) || name.EndsWith("_requests"u8) || name.EndsWith("TokenCount"u8) || name.EndsWith("Tokens"u8) ? NameKind.Count
        : name.SequenceEqual("created"u8) || name.SequenceEqual("created_at"u8) || name.SequenceEqual("completed_at"u8) || name.EndsWith("_duration"u8) ? NameKind.Time
        : NameKind.Other;

    /// <summary>Returns where a value ends; -1 if its end is not there.</summary>
    private static int EndOfValue(ReadOnlySpan<byte> bytes, int start)
    {
        int depth = 0;
        for (int at = start; at < bytes.Length; at++)
        {
            switch (bytes[at])
            {
                case (byte)'"':
                    int close = at + 1;
                    while (close < bytes.Length && bytes[close] != (byte)'"')
                    {
                        close += bytes[close] == (byte)'\\' ? 2 : 1;
                    }

                    if (close >= bytes.Length)
                    {
                        return -1;
                    }

                    at = close;
                    if (depth == 0)
                    {
                        return at + 1;
                    }

                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                case (byte)'}' or (byte)']' when depth == 0:
                    return at;
                case (byte)'}' or (byte)']':
                    if (--depth == 0)
                    {
                        return at + 1;
                    }

                    break;
                case (byte)',' or (byte)'\r' or (byte)'\n' or (byte)' ' when depth == 0:
                    return at;
            }
        }

        return -1;
    }

    private static void Repair(Span<byte> value, NameKind kind)
    {
        switch (kind)
        {
            case NameKind.Usage when value[0] != (byte)'{' && value.Length >= 2:
                Write(value, "{}"u8);
                break;
            case NameKind.Time when value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9') && value.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0:
                Write(value, Whole(value, long.MaxValue));
                break;
            case NameKind.Count when value[0] is (byte)'"':
                Write(value, Whole(value[1..^1], int.MaxValue));
                break;
            case NameKind.Count when value[0] is (byte)'[' or (byte)'{' or (byte)'n' or (byte)'t' or (byte)'f':
                Write(value, "0"u8);
                break;
            case NameKind.Count when value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                Write(value, Whole(value, int.MaxValue));
                break;
        }
    }

    /// <summary>Gives a number without its fraction; zero where it is none, or is too large for an SDK.</summary>
    private static ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> text, long largest) =>
        JsonNumber.TryReadCount(text.Trim((byte)' '), out long count, out _) && count >= 0 && count <= largest
            ? Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture))
            : "0"u8;

    private static void Write(Span<byte> value, ReadOnlySpan<byte> text)
    {
        text = text.Length <= value.Length ? text : "0"u8;
        text.CopyTo(value);
        value[text.Length..].Fill((byte)' ');
    }

    private enum NameKind
    {
        Other,
        Usage,
        Count,
        Time,
    }
}
