using System.Runtime.InteropServices;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Rejects schemas that no provider accepts and that would overflow the stack when written.</summary>
internal static class SchemaDepth
{
    /// <summary>The maximum depth, several times the default of <see cref="JsonDocument"/>.</summary>
    public const int Most = 256;

    /// <exception cref="ArgumentException">The schema is nested more deeply than <see cref="Most"/>.</exception>
    public static void Check(JsonElement schema, string what)
    {
        if (schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return;
        }

        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(schema), new JsonReaderOptions { MaxDepth = Most });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"{what} is nested more than {Most} levels deep, which no provider accepts. Reduce the nesting.", exception);
        }
    }
}
