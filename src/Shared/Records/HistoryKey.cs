namespace MeaiBudget;

/// <summary>What an hour's attempts are grouped by. Runs are not kept.</summary>
internal sealed record HistoryKey(string? Account, string Facts, string Tags)
{
    private static readonly string[] Names = ["model", "provider", "route", "class", "free", "outcome", "response", "tier", "price", "fallback", "from", "cause"];

    private const char Separator = '\u001f';

    /// <summary>Writes tags as one text, in the order of their names.</summary>
    public static string TagsOf(IReadOnlyDictionary<string, string>? tags) =>
        tags is null ? "" : string.Join(Separator, tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).SelectMany(tag => new[] { tag.Key, tag.Value }));

    /// <summary>Writes what an attempt is grouped by, without its tags, as one text.</summary>
    public static string FactsOf(Func<string, string> value) => string.Join(Separator, Names.Select(value));

    public string Value(string name)
    {
        int place = Array.IndexOf(Names, name);
        return place >= 0 ? Facts.Split(Separator)[place]
            : name.StartsWith("tag:", StringComparison.Ordinal) ? Tag(name[4..])
            : "";
    }

    private string Tag(string name)
    {
        string[] parts = Tags.Split(Separator);
        for (int i = 0; i + 1 < parts.Length; i += 2)
        {
            if (parts[i] == name)
            {
                return parts[i + 1];
            }
        }

        return "";
    }
}
