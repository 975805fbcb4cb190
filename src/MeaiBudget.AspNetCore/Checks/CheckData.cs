using System.Globalization;

namespace MeaiBudget;

/// <summary>The figures of a health check by name. A health endpoint is often public, so names are shortened and redacted.</summary>
internal sealed class CheckData
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, object> Values => _values;

    /// <summary>Adds a figure. A second one of the same name gets a number, so that none replaces another.</summary>
    /// <returns>The name under which the figure is listed.</returns>
    public string Add(string name, object value)
    {
        string shown = NameOf(name);
        string unique = shown;
        for (int number = 2; !_values.TryAdd(unique, value); number++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{shown} ({number})");
        }

        return unique;
    }

    /// <summary>Returns a name without the folders of a file, the query of an address, and secrets.</summary>
    public static string NameOf(string name)
    {
        string path = name.Split('?', '#')[0];
        string last = path[(path.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
        return last.Length == 0 ? "(no name)" : SecretRedactor.Default.Redact(last);
    }
}
