using System.Text.Json;

namespace MeaiBudget;

/// <summary>A JSON value with its path, so that an error can state its line.</summary>
internal readonly record struct JsonCursor(JsonElement Element, JsonPath? Path)
{
    internal bool IsObject => Element.ValueKind == JsonValueKind.Object;

    internal IEnumerable<(string Name, JsonCursor Value)> Properties()
    {
        JsonPath? path = Path;
        return Expect(JsonValueKind.Object, "an object").EnumerateObject()
            .Select(property => (property.Name, new JsonCursor(property.Value, new JsonPath(path, property.Name, -1))));
    }

    internal IEnumerable<JsonCursor> Items()
    {
        JsonPath? path = Path;
        return Expect(JsonValueKind.Array, "a list").EnumerateArray().Select((item, index) => new JsonCursor(item, new JsonPath(path, null, index)));
    }

    /// <summary>Returns a property; null if it is missing or <c>null</c>.</summary>
    internal JsonCursor? this[string name] =>
        Expect(JsonValueKind.Object, "an object").TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new JsonCursor(value, new JsonPath(Path, name, -1))
            : null;

    internal string Text() => Expect(JsonValueKind.String, "a text").GetString()!;

    internal string NonEmptyText() => Text() is var text && !string.IsNullOrWhiteSpace(text) ? text : throw Fault("is empty");

    internal bool Truth() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False ? Element.GetBoolean() : throw Fault("should be true or false");

    internal decimal Number() =>
        Expect(JsonValueKind.Number, "a number").TryGetDecimal(out decimal number) ? number : throw Fault($"is out of range: {Short(Element.GetRawText())}");

    internal decimal Price()
    {
        decimal number = Number();
        return number >= 0 ? number : throw Fault($"is negative: {number}; a price is zero or more");
    }

    /// <summary>Reads a price of at most one US dollar per token. The error names the unit of the file's numbers.</summary>
    internal decimal PricePer(long tokens, string unit)
    {
        decimal number = Price();
        return number <= tokens
            ? number
            : throw Fault($"is {number} where the unit is {unit}: more than 1 dollar for one token, which indicates a price in the wrong unit");
    }

    internal long WholeNumber()
    {
        decimal number = Number();
        return decimal.Truncate(number) == number && number is >= 0 and <= long.MaxValue ? (long)number : throw Fault($"should be a whole number from zero: {number}");
    }

    internal DateOnly Date() =>
        DateOnly.TryParseExact(Text(), "yyyy-MM-dd", out DateOnly date) ? date : throw Fault($"should be a date (yyyy-MM-dd): '{Short(Text())}'");

    internal PriceFileFault Fault(string reason) => new($"'{JsonPath.ToString(Path)}' {reason}.", Path);

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private JsonElement Expect(JsonValueKind kind, string name) =>
        Element.ValueKind == kind ? Element : throw Fault($"should be {name}, not {Element.ValueKind.ToString().ToLowerInvariant()}");
}
