using System.Text.Json;

namespace MeaiBudget;

/// <summary>A function as rendered for one generation of Gemini.</summary>
/// <remarks>
/// Google does not document the formats. Counted with the public Gemma vocabulary, Python functions with dataclasses for nested
/// objects have exactly the billed tokens of Gemini 2.5, and FunctionGemma's published template has those of Gemini 3. The
/// constants are the tokens of the notation in that vocabulary.
/// </remarks>
/// <param name="Texts">The names, descriptions and enum values, repeated as often as the rendering repeats them.</param>
/// <param name="Notation">The tokens of the text between them.</param>
/// <param name="IsComplete">True if the whole schema was rendered; a recursive schema is cut off.</param>
internal sealed record GeminiTool(IReadOnlyList<string> Texts, int Notation, bool IsComplete)
{
    private readonly Lazy<string> _distinct = new(() => string.Join(' ', Texts.Distinct()));

    /// <summary>The different texts, joined, to tell how uncertain their count is.</summary>
    public string DistinctTexts => _distinct.Value;

    /// <summary>Renders a function.</summary>
    public static GeminiTool Of(GeminiToolFormat format, string name, string description, JsonElement schema)
    {
        var writer = new Writer(format, name, schema);
        writer.Write(description);
        return new GeminiTool(writer.Texts, writer.Notation, writer.IsComplete);
    }

    /// <summary>Renders the schema of a function's result: a dataclass named after the function, or the type alone in a declaration.</summary>
    public static GeminiTool OfResult(GeminiToolFormat format, string name, JsonElement schema)
    {
        var writer = new Writer(format, name, schema);
        writer.WriteResult();
        return new GeminiTool(writer.Texts, writer.Notation, writer.IsComplete);
    }

    /// <summary>Counts a tool as Gemma 4 declares it: as Gemini 3, without the additional properties.</summary>
    public static long DeclarationTokens(ToolDefinition tool, TextMeter meter)
    {
        GeminiTool rendered = tool.Gemini(GeminiToolFormat.Declaration);
        return rendered.Notation + rendered.Texts.Sum(meter.Count) - (tool.Schema.Member("additionalProperties").ValueKind == JsonValueKind.Undefined ? 0 : 3);
    }

    /// <summary>Counts the underscores of a name. Gemma's vocabulary has a token for each; o200k_base joins them with the next word.</summary>
    public static int Underscores(string? name) => name.AsSpan().Count('_');

    private sealed class Writer(GeminiToolFormat format, string name, JsonElement root)
    {
        private const int MostNodes = 20_000;
        private const int DeepestNesting = 24;

        private readonly HashSet<string> _open = new(StringComparer.Ordinal);
        private int _nodes;

        public List<string> Texts { get; } = [];

        public int Notation { get; private set; }

        public bool IsComplete { get; private set; } = true;

        public void Write(string description)
        {
            Add(format switch { GeminiToolFormat.Python => 18, GeminiToolFormat.Declaration => 10, _ => 0 }, name, description);
            bool hasProperties = root.Properties().MoveNext();
            Add(format switch
            {
                GeminiToolFormat.Declaration => (hasProperties ? 10 : 0) + (root.Member("additionalProperties").ValueKind != JsonValueKind.Undefined ? 3 : 0),
                GeminiToolFormat.Fields => hasProperties ? 1 : 0,
                _ => 0,
            });
            WriteTitle(root);
            WriteProperties(root, 0);
        }

        public void WriteResult()
        {
            if (format == GeminiToolFormat.Python)
            {
                // "-> str", or the name of a dataclass, as that of a nested object.
                Add(root.Properties().MoveNext() ? 0 : 3);
                WriteType(root, "response", 0);
            }
            else if (format == GeminiToolFormat.Declaration)
            {
                Add(9 + (root.Text("description") is null ? 0 : 5), root.Text("description"));
            }
        }

        private void WriteTitle(JsonElement schema)
        {
            if (format == GeminiToolFormat.Schema && schema.Text("title") is { Length: > 0 } title)
            {
                Add(1, title);
            }
        }

        private void Add(int notation, params ReadOnlySpan<string?> texts)
        {
            Notation += notation;
            foreach (string? text in texts)
            {
                if (!string.IsNullOrEmpty(text))
                {
                    Texts.Add(text);
                    Notation += Underscores(text);
                }
            }
        }

        private void WriteProperties(JsonElement schema, int depth)
        {
            HashSet<string> required = schema.Required();
            foreach (JsonProperty property in schema.Properties())
            {
                if (++_nodes > MostNodes || depth > DeepestNesting)
                {
                    IsComplete = false;
                    return;
                }

                string? description = property.Value.Text("description");
                bool isRequired = required.Contains(property.Name);
                switch (format)
                {
                    case GeminiToolFormat.Python:
                        // The name stands in the signature and in the docstring. A dataclass field shares its line, so it has fewer line breaks.
                        Add((depth == 0 ? 7 : 6) + (isRequired || depth > 0 ? 0 : 4) + (description is null ? 1 : 0), property.Name, property.Name, description);
                        break;
                    case GeminiToolFormat.Declaration:
                        Add(7 + (description is null ? 0 : 5), property.Name, description);
                        break;
                    default:
                        Add(format == GeminiToolFormat.Schema ? 0 : 1, property.Name, description, isRequired ? property.Name : null);
                        break;
                }

                WriteTitle(property.Value);
                WriteType(property.Value, property.Name, depth);
            }

            if (format == GeminiToolFormat.Declaration && required.Count > 0)
            {
                Add(2);
                foreach (string each in required)
                {
                    Add(3, each);
                }
            }
        }

        private void WriteType(JsonElement schema, string property, int depth)
        {
            if (++_nodes > MostNodes || depth > DeepestNesting)
            {
                IsComplete = false;
                return;
            }

            if (schema.Text("$ref") is { } reference)
            {
                if (!_open.Add(reference))
                {
                    IsComplete = false;
                    return;
                }

                WriteType(root.Resolve(reference), property, depth + 1);
                _open.Remove(reference);
                return;
            }

            int choices = 0;
            foreach (JsonElement choice in schema.Items("enum"))
            {
                choices++;
                Add(format switch { GeminiToolFormat.Python => 2, GeminiToolFormat.Declaration => 3, _ => 0 }, choice.ToString());
            }

            foreach (string each in (ReadOnlySpan<string>)["anyOf", "oneOf"])
            {
                foreach (JsonElement alternative in schema.Items(each))
                {
                    Add(1);
                    WriteType(alternative, property, depth + 1);
                }
            }

            if (choices > 0)
            {
                Add(format == GeminiToolFormat.Declaration ? 2 : 0);
            }
            else if (schema.Member("items") is { ValueKind: JsonValueKind.Object } items)
            {
                Add(format switch { GeminiToolFormat.Python => 2, GeminiToolFormat.Declaration => 8, GeminiToolFormat.Schema => 0, _ => 1 });
                WriteTitle(items);
                WriteType(items, property, depth);
            }
            else if (!schema.Properties().MoveNext())
            {
                Add(format == GeminiToolFormat.Python ? 1 : 0);
            }
            else if (format == GeminiToolFormat.Python)
            {
                // A dataclass is named after the function and the parameter.
                Add(26, name, property, name, property, schema.Text("description"));
            }
            else
            {
                Add(format == GeminiToolFormat.Declaration ? 2 : 1);
            }

            WriteProperties(schema, depth + 1);
        }
    }
}
