using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>What a schema says, without JSON's notation.</summary>
/// <param name="Text">Names, descriptions and choices of all parameters, nested ones included.</param>
/// <param name="Count">How many parameters there are.</param>
internal sealed record SchemaFields(string Text, int Count)
{
    public static SchemaFields Of(JsonElement schema)
    {
        var text = new StringBuilder();
        int count = 0;
        Append(text, schema, ref count);
        return new SchemaFields(text.ToString(), count);
    }

    private static void Append(StringBuilder text, JsonElement schema, ref int count)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                count++;
                text.Append(property.Name).Append('\n');
                if (property.Value.ValueKind == JsonValueKind.Object
                    && property.Value.TryGetProperty("description", out JsonElement description) && description.ValueKind == JsonValueKind.String)
                {
                    text.Append(description.GetString()).Append('\n');
                }

                Append(text, property.Value, ref count);
            }
        }

        if (schema.TryGetProperty("items", out JsonElement items))
        {
            Append(text, items, ref count);
        }

        if (schema.TryGetProperty("enum", out JsonElement choices) && choices.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement choice in choices.EnumerateArray())
            {
                text.Append(choice.ToString()).Append('\n');
            }
        }
    }
}
