using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Reads the tags of a request.</summary>
internal static class RequestTags
{
    /// <summary>Returns the scalar values in the additional properties of the options.</summary>
    public static IReadOnlyDictionary<string, string> Of(ChatOptions? options)
    {
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, object?> property in options?.AdditionalProperties ?? [])
        {
            string? text = property.Value switch
            {
                string value => value,
                bool value => value ? "true" : "false",
                JsonElement { ValueKind: JsonValueKind.String } element => element.GetString(),
                JsonElement { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } element => element.GetRawText(),
                Guid or Enum => property.Value.ToString(),
                IFormattable value when value.GetType().IsPrimitive || value is decimal => value.ToString(null, CultureInfo.InvariantCulture),
                _ => null,
            };
            if (text is not null)
            {
                tags[property.Key] = text;
            }
        }

        return tags;
    }
}
