using System.Text.Json;

namespace MeaiBudget;

/// <summary>Reads JSON schemas that may be invalid.</summary>
internal static class SchemaElements
{
    /// <summary>Returns a member of an object; an undefined element if there is none.</summary>
    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    /// <summary>Returns a string member; null if there is none.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Returns the properties of an object schema; none if there are none.</summary>
    public static JsonElement.ObjectEnumerator Properties(this JsonElement schema) =>
        schema.Member("properties") is { ValueKind: JsonValueKind.Object } properties ? properties.EnumerateObject() : default;

    /// <summary>Returns the items of an array member; none if it is not an array.</summary>
    public static JsonElement.ArrayEnumerator Items(this JsonElement schema, string name) =>
        schema.Member(name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : default;

    /// <summary>Returns the names of the required properties.</summary>
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

    /// <summary>Resolves a reference within a schema; returns an undefined element if it cannot be resolved.</summary>
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
