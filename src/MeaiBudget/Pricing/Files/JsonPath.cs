using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>The path from a JSON value to one of its parts.</summary>
internal sealed record JsonPath(JsonPath? Parent, string? Name, int Index)
{
    internal static string ToString(JsonPath? path)
    {
        var builder = new StringBuilder();
        foreach (JsonPath step in Steps(path))
        {
            builder.Append(step.Name is null ? $"[{step.Index}]" : builder.Length == 0 ? step.Name : "." + step.Name);
        }

        return builder.Length == 0 ? "the value" : builder.ToString();
    }

    /// <summary>Counts the line breaks before the part at a path.</summary>
    internal static long LinesBefore(ReadOnlySpan<byte> json, JsonPath? path)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        reader.Read();
        foreach (JsonPath step in Steps(path))
        {
            if (!Descend(ref reader, step))
            {
                break;
            }
        }

        return json[..(int)reader.TokenStartIndex].Count((byte)'\n');
    }

    private static bool Descend(ref Utf8JsonReader reader, JsonPath step)
    {
        if (reader.TokenType == JsonTokenType.StartArray && step.Name is null)
        {
            for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
            {
                if (i == step.Index)
                {
                    return true;
                }

                reader.Skip();
            }
        }
        else if (reader.TokenType == JsonTokenType.StartObject && step.Name is not null)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool found = reader.ValueTextEquals(step.Name);
                reader.Read();
                if (found)
                {
                    return true;
                }

                reader.Skip();
            }
        }

        return false;
    }

    private static Stack<JsonPath> Steps(JsonPath? path)
    {
        var steps = new Stack<JsonPath>();
        for (; path is not null; path = path.Parent)
        {
            steps.Push(path);
        }

        return steps;
    }
}
