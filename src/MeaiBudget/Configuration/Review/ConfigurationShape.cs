using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace MeaiBudget;

/// <summary>
/// Compares a configuration section with the package's JSON Schema: finds every name that nothing has and every value that cannot
/// be read, where the binder would stop at the first and say nothing of names.
/// </summary>
/// <remarks>One description of what there is: editors complete by it, and this checks by it. Thread-safe.</remarks>
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
    /// <returns>What can be read, without the section's own path.</returns>
    public static IConfiguration Check(IConfigurationSection section, out IReadOnlyList<ConfigurationProblem> problems)
    {
        var shape = new ConfigurationShape();
        if (!section.Exists())
        {
            shape._problems.Add(new(section.Path, "there is nothing. Add the section, or pass the one that holds it: AddMeaiBudget(configuration.GetSection(\"MeaiBudget\"))."));
        }

        shape.Visit(section, "", Resolve(Schema.Value.GetProperty("properties").GetProperty("MeaiBudget"), out _));
        problems = shape._problems;
        return new ConfigurationBuilder().AddInMemoryCollection(shape._readable).Build();
    }

    private static JsonElement Read()
    {
        using Stream stream = typeof(ConfigurationShape).Assembly.GetManifestResourceStream("MeaiBudget.schema.json")
            ?? throw new InvalidOperationException("The package's own configuration schema is missing from the assembly.");
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    /// <summary>Follows a reference; limits may stand beside it.</summary>
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
            Report(section, "is a value, where an object { ... } belongs.");
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
                Report(section, "has an entry without a name. Give it one.");
            }
            else if (hasEntries)
            {
                // An entry without members exists all the same.
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
            Report(section, $"is one value, where a list belongs. Write [\"{Echo(section.Value)}\"].");
            return;
        }

        // An empty list says something: it must not look as if it had been left out.
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
                Report(child, "stands in a list, which has no names. Write [ ... ], or, in the environment, numbers from 0.");
            }
        }
    }

    private void VisitValue(IConfigurationSection section, string relative, JsonElement schema, string type)
    {
        if (section.GetChildren().Any())
        {
            Report(section, $"is an object or a list, where {Article(type)} belongs.");
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
            ? " A name with a colon cannot be an entry's name in configuration: choose another, and give the id as \"Model\"."
            : NearestName.Of(child.Key, names) is { } nearest ? $" Did you mean '{nearest}'?"
            : $" There is {string.Join(", ", names)}.";
        _problems.Add(new(Echo(child.Path), "there is no such setting." + hint));
    }

    private void Report(IConfigurationSection section, string message) => _problems.Add(new(Echo(section.Path), message));

    /// <summary>A key that was written to the wrong place must not come out again.</summary>
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
