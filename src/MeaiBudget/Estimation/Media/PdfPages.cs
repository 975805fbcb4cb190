namespace MeaiBudget;

/// <summary>Counts the pages of a PDF by its page objects. Page objects in compressed object streams are not found.</summary>
internal static class PdfPages
{
    /// <summary>Counts the pages of a file. Returns zero if no page object was found.</summary>
    public static long Count(ReadOnlySpan<byte> data)
    {
        long pages = 0;
        ReadOnlySpan<byte> rest = data;
        int found;
        while ((found = rest.IndexOf("/Type"u8)) >= 0)
        {
            rest = rest[(found + 5)..];
            ReadOnlySpan<byte> value = rest[..Math.Min(rest.Length, 16)].TrimStart(" \r\n\t"u8);
            if (value.StartsWith("/Page"u8) && (value.Length == 5 || !char.IsAsciiLetterOrDigit((char)value[5])))
            {
                pages++;
            }
        }

        return pages;
    }
}
