using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>What a page was asked for. Two requests with equal <see cref="Key"/> get the same page.</summary>
internal sealed record ConsoleRequest
{
    /// <summary>Gets the address of the console, without a slash at the end.</summary>
    public required string Base { get; init; }

    /// <summary>Gets the path below the console, without slashes around it.</summary>
    public required string Path { get; init; }

    public required IReadOnlyDictionary<string, string> Query { get; init; }

    /// <summary>Gets a value indicating whether the user may change something, so that links to changes are shown.</summary>
    public bool CanAct { get; init; }

    /// <summary>Gets the name of the page with its query, for pages that are shared by viewers.</summary>
    public string Key
    {
        get
        {
            StringBuilder text = new StringBuilder(Base).Append('|').Append(Path).Append('|').Append(CanAct);
            foreach ((string name, string value) in Query.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append('|').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            }

            return text.ToString();
        }
    }

    public string? Get(string name) => Query.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    public int Number(string name, int least, int most) => int.TryParse(Get(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? Math.Clamp(number, least, most) : least;

    /// <summary>Writes an address below the console. Values that are empty are left out.</summary>
    public string Url(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var text = new StringBuilder(Base);
        if (path.Length > 0)
        {
            text.Append('/').Append(path);
        }

        char mark = '?';
        foreach ((string name, string? value) in query)
        {
            if (!string.IsNullOrEmpty(value))
            {
                text.Append(mark).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
                mark = '&';
            }
        }

        return text.Length == 0 ? "/" : text.ToString();
    }

    /// <summary>Writes the address of this page with one value replaced or, if it is <see langword="null"/>, left out.</summary>
    public string With(string name, string? value, params ReadOnlySpan<string> without)
    {
        var query = new List<(string, string?)>();
        foreach ((string known, string old) in Query)
        {
            if (known != name && !without.Contains(known))
            {
                query.Add((known, old));
            }
        }

        query.Add((name, value));
        return Url(Path, [.. query]);
    }
}
