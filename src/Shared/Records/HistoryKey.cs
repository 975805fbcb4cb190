namespace MeaiBudget;

/// <summary>What an hour's attempts are grouped by. Runs are not kept.</summary>
internal sealed record HistoryKey(string? Account, string Facts, string Tags) : ISpendValues
{
    private static readonly string[] Names = ["model", "provider", "route", "class", "free", "outcome", "response", "tier", "price", "fallback", "from", "cause"];

    private const char Separator = '\u001f';

    /// <summary>Writes tags as one text, in the order of their names.</summary>
    public static string TagsOf(IReadOnlyDictionary<string, string>? tags) =>
        tags is null ? "" : string.Join(Separator, tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).SelectMany(tag => new[] { tag.Key, tag.Value }));

    /// <summary>Writes what an attempt is grouped by, without its tags, as one text.</summary>
    public static string FactsOf(Func<string, string> value) => string.Join(Separator, Names.Select(value));

    /// <inheritdoc/>
    public ReadOnlySpan<char> Value(string name)
    {
        int place = Array.IndexOf(Names, name);
        return place >= 0 ? Part(Facts, place)
            : name.StartsWith("tag:", StringComparison.Ordinal) ? Tag(name.AsSpan(4))
            : default;
    }

    /// <summary>Returns one of the parts of a text; nothing if there are fewer.</summary>
    private static ReadOnlySpan<char> Part(ReadOnlySpan<char> text, int place)
    {
        for (; place > 0; place--)
        {
            int end = text.IndexOf(Separator);
            if (end < 0)
            {
                return default;
            }

            text = text[(end + 1)..];
        }

        int length = text.IndexOf(Separator);
        return length < 0 ? text : text[..length];
    }

    private ReadOnlySpan<char> Tag(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> rest = Tags;
        while (true)
        {
            int end = rest.IndexOf(Separator);
            if (end < 0)
            {
                return default;
            }

            if (rest[..end].SequenceEqual(name))
            {
                return Part(rest, 1);
            }

            rest = rest[(end + 1)..];
            int next = rest.IndexOf(Separator);
            if (next < 0)
            {
                return default;
            }

            rest = rest[(next + 1)..];
        }
    }
}
