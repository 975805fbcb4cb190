using System.Text.Json;

namespace MeaiBudget;

/// <summary>Looks into JSON schemas, which may be anything.</summary>
internal static class SchemaElements
{
    /// <summary>Gives a member of an object; undefined if there is none.</summary>
    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    /// <summary>Gives a member that is a text.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Gives the properties of an object schema; none if it has none.</summary>
    public static JsonElement.ObjectEnumerator Properties(this JsonElement schema) =>
        schema.Member("properties") is { ValueKind: JsonValueKind.Object } properties ? properties.EnumerateObject() : default;

    /// <summary>Gives the items of an array member; none if it is none.</summary>
    public static JsonElement.ArrayEnumerator Items(this JsonElement schema, string name) =>
        schema.Member(name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : default;

    /// <summary>Gives the names that an object schema requires.</summary>
    public static HashSet<string> Required(this JsonElement schema)
    {
        var required = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement name in schema.Items("required"))
        {
            if (name.ValueKind == JsonValueKind.String)
            {
                required.Add(name.GetString()!);
            }
        }

        return required;
    }

    /// <summary>Follows a reference inside a schema; undefined if it leads nowhere.</summary>
    public static JsonElement Resolve(this JsonElement root, string reference)
    {
        if (reference == "#")
        {
            return root;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return default;
        }

        JsonElement found = root;
        foreach (string part in reference[2..].Split('/'))
        {
            found = found.Member(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        }

        return found;
    }
}
