using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Holds the package's JSON Schema and the types of the options together.</summary>
public sealed class ConfigurationSchemaTests
{
    private static readonly JsonElement Schema = Read();

    /// <summary>Gets each type of the options and the schema's definition of it.</summary>
    public static TheoryData<Type, string> Types => new()
    {
        { typeof(MeaiBudgetOptions), "meaiBudget" },
        { typeof(ProviderSettings), "meaiBudgetProvider" },
        { typeof(RouteSettings), "meaiBudgetRoute" },
        { typeof(ModelSettings), "meaiBudgetModel" },
        { typeof(BudgetSettings), "meaiBudgetBudget" },
        { typeof(PriceSettings), "meaiBudgetPrice" },
        { typeof(BudgetOptions), "meaiBudgetAdmission" },
        { typeof(UnconfirmedPolicy), "meaiBudgetUnconfirmed" },
        { typeof(RetryOptions), "meaiBudgetRetry" },
        { typeof(CircuitOptions), "meaiBudgetCircuit" },
        { typeof(LoggingSettings), "meaiBudgetLogging" },
        { typeof(TokenEstimatorOptions), "meaiBudgetEstimation" },
        { typeof(LedgerSettings), "meaiBudgetLedger" },
    };

    /// <summary>The options that only code can set: the schema must not name them.</summary>
    private static readonly (Type Type, string Name)[] CodeOnly =
    [
        (typeof(RetryOptions), nameof(RetryOptions.Randomizer)),
        (typeof(RetryOptions), nameof(RetryOptions.RetryBudget)),
        (typeof(TokenEstimatorOptions), nameof(TokenEstimatorOptions.Cache)),
        (typeof(TokenEstimatorOptions), nameof(TokenEstimatorOptions.TimeProvider)),
    ];

    /// <summary>Gets the types of options whose constructors check ranges.</summary>
    public static TheoryData<Type> TypesWithRules => [typeof(BudgetOptions), typeof(RetryOptions), typeof(CircuitOptions), typeof(TokenEstimatorOptions)];

    [Fact]
    public void EveryDefinitionIsOfAType() => Assert.Equal(
        Schema.GetProperty("definitions").EnumerateObject().Select(definition => definition.Name).Where(name => name != "meaiBudgetDuration").Order(),
        Types.Select(row => row.Data.Item2).Order());

    [Theory, MemberData(nameof(Types))]
    public void EverySettingIsInTheSchemaAndTheOtherWayRound(Type type, string definition) => Assert.Equal(
        PropertiesOf(type).Select(property => property.Name).Order(StringComparer.Ordinal),
        Definition(definition).EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Types))]
    public void EverySettingHasTheTypeThatTheSchemaSays(Type type, string definition)
    {
        foreach (PropertyInfo property in PropertiesOf(type))
        {
            JsonElement schema = Definition(definition).GetProperty(property.Name);
            Assert.True(KindOf(property.PropertyType) == KindOf(schema), $"{type.Name}.{property.Name}: {KindOf(property.PropertyType)} and {KindOf(schema)}");
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void EverySettingIsExplainedAndHasTheDefaultThatTheSchemaSays(Type type, string definition)
    {
        object options = Activator.CreateInstance(type)!;
        foreach (PropertyInfo property in PropertiesOf(type))
        {
            JsonElement schema = Definition(definition).GetProperty(property.Name);
            Assert.True(Resolve(schema).TryGetProperty("description", out _) || schema.TryGetProperty("description", out _), $"{type.Name}.{property.Name} is not explained");
            object? value = property.GetValue(options);
            if (schema.TryGetProperty("default", out JsonElement stated) && value is not null)
            {
                Assert.Equal(stated.ToString(), Text(value), ignoreCase: true);
            }
            else if (value is not (null or ICollection or IEnumerable<object>) && value.GetType().Namespace == "System")
            {
                Assert.True(stated.ValueKind != JsonValueKind.Undefined || value is string, $"{type.Name}.{property.Name}: the schema does not say that the default is {value}");
            }
        }
    }

    [Theory, MemberData(nameof(TypesWithRules))]
    public void EveryRangeInTheSchemaIsTheRuleOfTheOptions(Type type)
    {
        string definition = Types.Single(row => row.Data.Item1 == type).Data.Item2;
        foreach (PropertyInfo property in PropertiesOf(type))
        {
            foreach ((decimal value, bool isAllowed) in Borders(Definition(definition).GetProperty(property.Name)))
            {
                Assert.True(isAllowed == !IsMistake(type, property, value), $"{type.Name}.{property.Name} = {value}: the schema {(isAllowed ? "allows" : "rejects")} it, the options do not agree");
            }
        }
    }

    [Theory, MemberData(nameof(TypesWithRules))]
    public void ANumberThatTheOptionsRejectHasARangeInTheSchema(Type type)
    {
        string definition = Types.Single(row => row.Data.Item1 == type).Data.Item2;
        foreach (PropertyInfo property in PropertiesOf(type).Where(property => KindOf(property.PropertyType) is "integer" or "number" or "meaiBudgetDuration"))
        {
            JsonElement schema = Definition(definition).GetProperty(property.Name);
            bool hasMinimum = schema.TryGetProperty("minimum", out _) || schema.TryGetProperty("exclusiveMinimum", out _);
            Assert.True(hasMinimum || !IsMistake(type, property, -1m), $"{type.Name}.{property.Name}: the schema has no minimum");
            Assert.True(schema.TryGetProperty("maximum", out _) || !IsMistake(type, property, 900_000_000m), $"{type.Name}.{property.Name}: the schema has no maximum");
        }
    }

    /// <summary>The values at both ends of a range, and the next ones outside.</summary>
    private static IEnumerable<(decimal Value, bool IsAllowed)> Borders(JsonElement schema)
    {
        if (schema.TryGetProperty("minimum", out JsonElement minimum))
        {
            yield return (minimum.GetDecimal(), true);
            yield return (minimum.GetDecimal() - 1m, false);
        }

        if (schema.TryGetProperty("exclusiveMinimum", out JsonElement above))
        {
            yield return (above.GetDecimal(), false);
        }

        if (schema.TryGetProperty("maximum", out JsonElement maximum))
        {
            yield return (maximum.GetDecimal(), true);
            yield return (maximum.GetDecimal() + 1m, false);
        }
    }

    private static bool IsMistake(Type type, PropertyInfo property, decimal value)
    {
        object options = Activator.CreateInstance(type)!;
        if (options is RetryOptions retry)
        {
            // Extreme delays, so that testing one of them does not break the rule that MaxDelay is at least BaseDelay.
            (retry.BaseDelay, retry.MaxDelay) = (TimeSpan.Zero, TimeSpan.FromDays(49));
        }

        Type target = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(options, target == typeof(TimeSpan) ? TimeSpan.FromSeconds((double)value) : Convert.ChangeType(value, target, CultureInfo.InvariantCulture));
        OptionRules rules = options switch
        {
            BudgetOptions budget => budget.Check(),
            RetryOptions given => given.Check(),
            CircuitOptions circuit => circuit.Check(),
            TokenEstimatorOptions estimator => estimator.Check(),
            _ => throw new ArgumentException(type.Name),
        };
        return rules.Mistakes.Any(mistake => mistake.Name == property.Name);
    }

    private static string Text(object value) => value switch
    {
        TimeSpan span => span.ToString(span.Milliseconds == 0 ? "c" : @"hh\:mm\:ss\.f", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static PropertyInfo[] PropertiesOf(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => !CodeOnly.Contains((type, property.Name)))];

    private static string KindOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            return string.Join('|', Enum.GetNames(type).Order(StringComparer.Ordinal));
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>))
        {
            return $"list of {KindOf(type.GetGenericArguments()[0])}";
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>))
        {
            return $"map to {KindOf(type.GetGenericArguments()[1])}";
        }

        return type == typeof(string) ? "string"
            : type == typeof(bool) ? "boolean"
            : type == typeof(int) || type == typeof(long) ? "integer"
            : type == typeof(decimal) || type == typeof(double) || type == typeof(float) ? "number"
            : type == typeof(TimeSpan) ? "meaiBudgetDuration"
            : Types.Single(row => row.Data.Item1 == type).Data.Item2;
    }

    private static string KindOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            return reference.GetString()!["#/definitions/".Length..];
        }

        string? type = schema.TryGetProperty("type", out JsonElement stated)
            ? stated.ValueKind == JsonValueKind.Array ? stated[0].GetString() : stated.GetString()
            : null;
        return type switch
        {
            "array" => $"list of {KindOf(schema.GetProperty("items"))}",
            "object" => $"map to {KindOf(schema.GetProperty("additionalProperties"))}",
            null => string.Join('|', schema.GetProperty("enum").EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal)),
            _ => type,
        };
    }

    private static JsonElement Definition(string name) => Schema.GetProperty("definitions").GetProperty(name).GetProperty("properties");

    private static JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out JsonElement reference) ? Schema.GetProperty("definitions").GetProperty(reference.GetString()!["#/definitions/".Length..]) : schema;

    private static JsonElement Read()
    {
        using Stream stream = typeof(MeaiBudgetOptions).Assembly.GetManifestResourceStream("MeaiBudget.schema.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
