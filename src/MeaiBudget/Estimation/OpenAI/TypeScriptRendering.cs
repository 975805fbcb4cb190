using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>
/// A function as OpenAI's models see it: a TypeScript-like type in <c>namespace functions</c>.
/// </summary>
/// <remarks>
/// OpenAI does not document the rendering. It was found by hmarr/openai-chat-tokens (MIT) and confirmed with measured requests.
/// The comment lines of titles, defaults and constraints follow OpenAI's published harmony format, confirmed the same way. Models of
/// cl100k_base indent nested properties and have no descriptions of them. Later models have the descriptions and no indentation, and repeat
/// the description of a type with several alternatives for each one (measured).
/// </remarks>
/// <param name="Text">The rendering; it begins with the end of the text before it.</param>
/// <param name="HasProperties">True if the function has parameters.</param>
/// <param name="HasPropertyComment">True if a top-level property has a comment line.</param>
/// <param name="IsComplete">True if the whole schema was rendered; a recursive schema is cut off.</param>
internal sealed record TypeScriptRendering(string Text, bool HasProperties, bool HasPropertyComment, bool IsComplete)
{
    /// <summary>The text before the first function.</summary>
    public const string Opening = "namespace functions {\n\n";

    /// <summary>The text after the last function.</summary>
    public const string Closing = "} // namespace functions";

    // A recursive schema expands exponentially, so stop at a size that no real tool needs.
    private const int MostNodes = 20_000;
    private const int DeepestNesting = 24;

    private static readonly string[] Unrendered = ["anyOf", "oneOf", "allOf", "items", "prefixItems", "additionalProperties", "patternProperties", "not"];

    private static readonly string[] Constraints = ["default", "minimum", "maximum", "format", "minLength", "maxLength", "pattern"];

    /// <summary>
    /// The descriptions of alternatives, of an array's elements and of other places for which the rendering has none, one in each line.
    /// OpenAI's published harmony format writes some of them, and no recording shows what is billed.
    /// </summary>
    public string OtherDescriptions { get; private init; } = string.Empty;

    /// <summary>Renders one function.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">Its description.</param>
    /// <param name="schema">The schema of its parameters.</param>
    /// <param name="hasNestedComments">True for models later than those of cl100k_base.</param>
    public static TypeScriptRendering OfFunction(string name, string? description, JsonElement schema, bool hasNestedComments)
    {
        var writer = new Writer(schema, hasNestedComments);
        var text = new StringBuilder();
        AppendComment(text, description, 0);
        JsonElement properties = schema.Member("properties");
        bool hasProperties = properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().MoveNext();
        if (hasProperties)
        {
            AppendComment(text, schema.Text("title"), 0);
            text.Append("type ").Append(name).Append(" = (_: {\n");
            writer.AppendProperties(text, schema, 0, 0);
            text.Append("}) => any;\n\n");
        }
        else
        {
            text.Append("type ").Append(name).Append(" = () => any;\n\n");
        }

        string rendered = text.ToString();
        var others = new StringBuilder();
        AppendOtherDescriptions(others, rendered, schema, isOther: false);
        return new TypeScriptRendering(rendered, hasProperties, writer.HasComment, writer.Left > 0) { OtherDescriptions = others.ToString() };
    }

    private static void AppendOtherDescriptions(StringBuilder others, string rendered, JsonElement schema, bool isOther)
    {
        if (schema.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement element in schema.EnumerateArray())
            {
                AppendOtherDescriptions(others, rendered, element, isOther);
            }
        }
        else if (schema.ValueKind == JsonValueKind.Object)
        {
            if (isOther && schema.Text("description") is { } description)
            {
                var comment = new StringBuilder();
                AppendComment(comment, description, 0);
                others.Append(rendered.Contains(comment.ToString(), StringComparison.Ordinal) ? string.Empty : comment.ToString());
            }

            foreach (JsonProperty member in schema.EnumerateObject())
            {
                AppendOtherDescriptions(others, rendered, member.Value, Unrendered.Contains(member.Name, StringComparer.Ordinal));
            }
        }
    }

    private static void AppendComment(StringBuilder text, string? comment, int indent)
    {
        if (string.IsNullOrWhiteSpace(comment))
        {
            return;
        }

        // The model does not see the line breaks and indentation of a documentation comment.
        text.Append(' ', indent).Append("// ");
        bool pending = false;
        bool any = false;
        foreach (char letter in comment)
        {
            if (char.IsWhiteSpace(letter))
            {
                pending = any;
                continue;
            }

            if (pending)
            {
                text.Append(' ');
                pending = false;
            }

            any = true;
            text.Append(letter);
        }

        text.Append('\n');
    }

    private sealed class Writer(JsonElement root, bool hasNestedComments)
    {
        public int Left { get; private set; } = MostNodes;

        public bool HasComment { get; private set; }

        public void AppendProperties(StringBuilder text, JsonElement schema, int indent, int depth)
        {
            HashSet<string> required = schema.Required();
            foreach (JsonProperty property in schema.Member("properties").EnumerateObject())
            {
                if (--Left <= 0)
                {
                    return;
                }

                // A referenced type stands where its reference stood, with its comments.
                JsonElement target = hasNestedComments && property.Value.Text("$ref") is { } reference ? root.Resolve(reference) : default;
                string? title = property.Value.Text("title") ?? target.Text("title");
                string? description = hasNestedComments || depth == 0 ? property.Value.Text("description") ?? target.Text("description") : null;
                HasComment |= depth == 0 && (title ?? description) is { Length: > 0 };
                AppendComment(text, title, indent);
                AppendComment(text, description, indent);

                text.Append(' ', indent).Append(property.Name).Append(required.Contains(property.Name) ? ": " : "?: ");
                AppendType(text, property.Value, indent, depth);
                text.Append(',');
                AppendConstraints(text, property.Value);
                text.Append('\n');
            }
        }

        private static void AppendConstraints(StringBuilder text, JsonElement schema)
        {
            string separator = " // ";
            foreach (string constraint in Constraints)
            {
                if (schema.Member(constraint) is { ValueKind: not JsonValueKind.Undefined } value)
                {
                    text.Append(separator).Append(constraint).Append(": ").Append(RequestJson.Of(value));
                    separator = ", ";
                }
            }
        }

        private static void AppendEnumeration(StringBuilder text, JsonElement values)
        {
            string separator = string.Empty;
            foreach (JsonElement value in values.EnumerateArray())
            {
                text.Append(separator);
                if (value.ValueKind == JsonValueKind.String)
                {
                    text.Append('"').Append(value.GetString()).Append('"');
                }
                else
                {
                    text.Append(RequestJson.Of(value));
                }

                separator = " | ";
            }
        }

        private void AppendType(StringBuilder text, JsonElement schema, int indent, int depth)
        {
            if (--Left <= 0 || depth > DeepestNesting)
            {
                Left = Math.Min(Left, 0);
                text.Append("any");
                return;
            }

            if (schema.Text("$ref") is { } reference && root.Resolve(reference) is { ValueKind: JsonValueKind.Object } target)
            {
                AppendType(text, target, indent, depth + 1);
                return;
            }

            JsonElement alternatives = schema.Member("anyOf") is { ValueKind: JsonValueKind.Array } anyOf ? anyOf : schema.Member("oneOf");
            if (alternatives.ValueKind == JsonValueKind.Array)
            {
                AppendAlternatives(text, alternatives, indent, depth);
                return;
            }

            if (schema.Member("enum") is { ValueKind: JsonValueKind.Array } values && values.GetArrayLength() > 0)
            {
                AppendEnumeration(text, values);
                return;
            }

            JsonElement type = schema.Member("type");
            if (type.ValueKind == JsonValueKind.Array)
            {
                string separator = string.Empty;
                foreach (JsonElement single in type.EnumerateArray())
                {
                    text.Append(separator);
                    AppendComment(text, hasNestedComments ? schema.Text("description") : null, indent);
                    AppendSingleType(text, schema, single.ValueKind == JsonValueKind.String ? single.GetString() : null, indent, depth);
                    separator = " | ";
                }

                return;
            }

            AppendSingleType(text, schema, type.ValueKind == JsonValueKind.String ? type.GetString() : null, indent, depth);
        }

        private void AppendAlternatives(StringBuilder text, JsonElement alternatives, int indent, int depth)
        {
            string separator = string.Empty;
            foreach (JsonElement alternative in alternatives.EnumerateArray())
            {
                text.Append(separator);
                AppendType(text, alternative, indent, depth + 1);
                separator = " | ";
            }
        }

        private void AppendSingleType(StringBuilder text, JsonElement schema, string? type, int indent, int depth)
        {
            switch (type?.ToLower(CultureInfo.InvariantCulture))
            {
                case "string" or "boolean" or "null":
                    text.Append(type.ToLower(CultureInfo.InvariantCulture));
                    break;
                case "number" or "integer":
                    text.Append("number");
                    break;
                case "array":
                    if (schema.Member("items") is { ValueKind: JsonValueKind.Object } items)
                    {
                        AppendType(text, items, indent, depth + 1);
                        text.Append("[]");
                    }
                    else
                    {
                        text.Append("any[]");
                    }

                    break;
                case "object" or null when schema.Member("properties").ValueKind == JsonValueKind.Object:
                    text.Append("{\n");
                    AppendProperties(text, schema, indent + (hasNestedComments ? 0 : 2), depth + 1);
                    text.Append(' ', indent).Append('}');
                    break;
                case "object":
                    text.Append("{\n\n").Append(' ', indent).Append('}');
                    break;
                default:
                    text.Append("any");
                    break;
            }
        }
    }
}
