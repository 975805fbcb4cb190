using System.Buffers;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A response schema as written into the prompt.</summary>
/// <param name="Json">Compact JSON without <c>additionalProperties</c> and <c>$schema</c>.</param>
/// <param name="Nested">The number of arrays and objects below the outermost object.</param>
/// <param name="FullJson">Compact JSON of the whole schema.</param>
internal sealed record ResponseSchemaText(string Json, int Nested, string FullJson)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly ConditionalWeakTable<ChatResponseFormatJson, ResponseSchemaText> Known = [];

    /// <summary>A hash of the schema that is the same in every process.</summary>
    public long Fingerprint { get; } = unchecked((long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(FullJson.AsSpan())));

    /// <summary>Returns the schema of a response format; null if it has none. Cached for the lifetime of the format.</summary>
    public static ResponseSchemaText? Of(ChatResponseFormat? format) =>
        format is ChatResponseFormatJson { Schema: not null } json ? Known.GetValue(json, static given => Write(given.Schema!.Value)) : null;

    private static ResponseSchemaText Write(JsonElement schema)
    {
        SchemaDepth.Check(schema, "The response schema");
        var buffer = new ArrayBufferWriter<byte>(512);
        int nested = 0;
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            Write(writer, schema, ref nested);
        }

        return new ResponseSchemaText(Encoding.UTF8.GetString(buffer.WrittenSpan), Math.Max(0, nested - 1), RequestJson.Of(schema));
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, ref int nested)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                nested += element.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String
                    && (type.ValueEquals("object"u8) || type.ValueEquals("array"u8)) ? 1 : 0;
                writer.WriteStartObject();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if ((!property.NameEquals("additionalProperties"u8) || property.Value.ValueKind == JsonValueKind.Object) && !property.NameEquals("$schema"u8))
                    {
                        writer.WritePropertyName(property.Name);
                        Write(writer, property.Value, ref nested);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Write(writer, item, ref nested);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
