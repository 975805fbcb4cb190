using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace MeaiBudget;

/// <summary>
/// Compares a configuration section with the package's JSON Schema and finds every unknown name and every value that cannot be read.
/// The binder would stop at the first such value and ignore unknown names.
/// </summary>
/// <remarks>Editors use the same schema for completion. Thread-safe.</remarks>
internal sealed class ConfigurationShape
{
    private const string Definitions = "#/definitions/";
    private const string Duration = Definitions + "meaiBudgetDuration";
    private static readonly Lazy<JsonElement> Schema = new(Read);

    private readonly List<ConfigurationProblem> _problems = [];
    private readonly Dictionary<string, string?> _readable = new(StringComparer.OrdinalIgnoreCase);

    private ConfigurationShape()
    {
    }

    /// <summary>Checks a section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="problems">The mistakes.</param>
    /// <returns>The values that can be read, with keys relative to the section.</returns>
    public static IConfiguration Check(IConfigurationSection section, out IReadOnlyList<ConfigurationProblem> problems)
    {
        var shape = new ConfigurationShape();
        if (!section.Exists())
        {
            shape._problems.Add(new(section.Path, "the section does not exist or is empty. Add it, or pass another section: AddMeaiBudget(configuration.GetSection(\"MeaiBudget\"))."));
        }

        shape.Visit(section, "", Resolve(Schema.Value.GetProperty("properties").GetProperty("MeaiBudget"), out _));
        problems = shape._problems;
        return new ConfigurationBuilder().AddInMemoryCollection(shape._readable).Build();
    }

    private static JsonElement Read()
    {
        using Stream stream = typeof(ConfigurationShape).Assembly.GetManifestResourceStream("MeaiBudget.schema.json")
            ?? throw new InvalidOperationException("The package's own configuration schema is missing from the assembly.");
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    /// <summary>Follows a reference. A duration stays as it is, because its limits stand beside the reference.</summary>
    private static JsonElement Resolve(JsonElement schema, out bool isDuration)
    {
        isDuration = false;
        if (!schema.TryGetProperty("$ref", out JsonElement reference))
        {
            return schema;
        }

        string target = reference.GetString()!;
        isDuration = target == Duration;
        return isDuration ? schema : Schema.Value.GetProperty("definitions").GetProperty(target[Definitions.Length..]);
    }

    private void Visit(IConfigurationSection section, string relative, JsonElement schema)
    {
        JsonElement resolved = Resolve(schema, out bool isDuration);
        string type = isDuration ? "duration" : Type(resolved);
        switch (type)
        {
            case "object":
                VisitObject(section, relative, resolved);
                break;
            case "array":
                VisitList(section, relative, resolved.GetProperty("items"));
                break;
            default:
                VisitValue(section, relative, resolved, type);
                break;
        }
    }

    private void VisitObject(IConfigurationSection section, string relative, JsonElement schema)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            Report(section, "must be an object { ... }, not a single value.");
            return;
        }

        bool hasProperties = schema.TryGetProperty("properties", out JsonElement properties);
        bool hasEntries = schema.TryGetProperty("additionalProperties", out JsonElement entries) && entries.ValueKind == JsonValueKind.Object;
        foreach (IConfigurationSection child in section.GetChildren())
        {
            JsonProperty known = hasProperties
                ? properties.EnumerateObject().FirstOrDefault(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))
                : default;
            if (known.Value.ValueKind != JsonValueKind.Undefined)
            {
                Visit(child, Join(relative, known.Name), known.Value);
            }
            else if (hasEntries && string.IsNullOrWhiteSpace(child.Key))
            {
                Report(section, "has an entry with an empty name. Give the entry a name.");
            }
            else if (hasEntries)
            {
                // Keeps an entry that has no members.
                _readable.TryAdd(Join(relative, child.Key), null);
                Visit(child, Join(relative, child.Key), entries);
            }
            else
            {
                ReportUnknown(child, properties);
            }
        }
    }

    private void VisitList(IConfigurationSection section, string relative, JsonElement items)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        if (!string.IsNullOrEmpty(section.Value))
        {
            Report(section, $"must be a list, not a single value. Write [\"{Echo(section.Value)}\"].");
            return;
        }

        // Keeps an empty list, which means something else than no list.
        if (children.Length == 0 && section.Value is not null)
        {
            _readable[relative] = "";
        }

        foreach (IConfigurationSection child in children)
        {
            if (int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                Visit(child, Join(relative, child.Key), items);
            }
            else
            {
                Report(child, "is not the index of a list entry. Write [ ... ] in JSON, or indexes from 0 in environment variables.");
            }
        }
    }

    private void VisitValue(IConfigurationSection section, string relative, JsonElement schema, string type)
    {
        if (section.GetChildren().Any())
        {
            Report(section, $"must be {Article(type)}, not an object or a list.");
            return;
        }

        if (section.Value is null)
        {
            if (IsNullable(schema))
            {
                _readable[relative] = null;
            }

            return;
        }

        if (ConfigurationValue.Problem(section.Value, type, schema) is { } problem)
        {
            Report(section, $"'{Echo(section.Value)}' {problem}");
        }
        else
        {
            _readable[relative] = section.Value;
        }
    }

    private void ReportUnknown(IConfigurationSection child, JsonElement properties)
    {
        string[] names = [.. properties.EnumerateObject().Select(property => property.Name)];
        string hint = names.Contains("Input") && child.GetChildren().Any()
            ? " The name of an entry cannot contain a colon. Use another name, and write the model's id as \"Model\"."
            : NearestName.Of(child.Key, names) is { } nearest ? $" Did you mean '{nearest}'?"
            : $" Known settings: {string.Join(", ", names)}.";
        _problems.Add(new(Echo(child.Path), "there is no such setting." + hint));
    }

    private void Report(IConfigurationSection section, string message) => _problems.Add(new(Echo(section.Path), message));

    /// <summary>Redacts a text for a message, because an API key may have been written to the wrong place.</summary>
    private static string Echo(string text)
    {
        string redacted = SecretRedactor.Default.Redact(text);
        return redacted.Length > 120 ? redacted[..120] + "..." : redacted;
    }

    private static string Type(JsonElement schema) =>
        schema.TryGetProperty("enum", out _) ? "name"
        : !schema.TryGetProperty("type", out JsonElement type) ? "string"
        : type.ValueKind == JsonValueKind.Array ? type[0].GetString()!
        : type.GetString()!;

    private static bool IsNullable(JsonElement schema) =>
        schema.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.Array
        && type.EnumerateArray().Any(one => one.ValueEquals("null"));

    private static string Article(string type) => type is "integer" ? "a whole number" : $"a {type}";

    private static string Join(string path, string key) => path.Length == 0 ? key : ConfigurationPath.Combine(path, key);
}
