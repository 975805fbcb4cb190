using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>Creates vectors of length one. The same text always has the same vector.</summary>
internal static class EmbeddingVectors
{
    private const int DefaultDimensions = 8;

    /// <summary>Returns one vector for each text of a request.</summary>
    public static IEnumerable<float[]> Of(JsonElement request)
    {
        int dimensions = request.Number("dimensions") is { } wanted and > 0 ? wanted : DefaultDimensions;
        return request.Member("input").Texts().Select(text => Of(text, dimensions));
    }

    /// <summary>Writes vectors in OpenAI's two formats: as numbers, or as the Base64 of their bytes.</summary>
    public static JsonObject OpenAIList(WireAnswer answer, SimulatedRequest request)
    {
        bool asBytes = request.Json.String("encoding_format") == "base64";
        var body = new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. Of(request.Json).Select((vector, index) => new JsonObject
            {
                ["object"] = "embedding",
                ["index"] = index,
                ["embedding"] = asBytes ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)) : Numbers(vector),
            })]),
            ["model"] = answer.Model,
        };
        if (answer.Usage is { } usage)
        {
            body["usage"] = new JsonObject { ["prompt_tokens"] = usage.InputTokens, ["total_tokens"] = usage.InputTokens };
        }

        return body;
    }

    public static JsonArray Numbers(float[] vector) => [.. vector.Select(number => (JsonNode)number)];

    private static float[] Of(string text, int dimensions)
    {
        float[] vector = new float[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            vector[i] = (XxHash32.HashToUInt32(MemoryMarshal.AsBytes(text.AsSpan()), i) / (float)uint.MaxValue) - 0.5f;
        }

        float length = MathF.Sqrt(vector.Sum(number => number * number));
        return [.. vector.Select(number => number / length)];
    }
}
