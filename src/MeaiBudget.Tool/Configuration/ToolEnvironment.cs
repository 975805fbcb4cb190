using System.Collections;

namespace MeaiBudget.Tool;

/// <summary>The environment variables of the process.</summary>
internal static class ToolEnvironment
{
    /// <summary>
    /// Returns the variables by name, compared without regard to case as in .NET configuration. Of two names that differ in case only,
    /// such as <c>http_proxy</c> and <c>HTTP_PROXY</c>, the ordinally last is taken.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Variables() =>
        Of(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? "")));

    /// <summary>Returns variables by name; see <see cref="Variables"/>.</summary>
    public static IReadOnlyDictionary<string, string> Of(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var byName = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in variables.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            byName[name] = value;
        }

        return byName;
    }
}
