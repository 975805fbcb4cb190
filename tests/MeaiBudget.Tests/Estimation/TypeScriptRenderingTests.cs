using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class TypeScriptRenderingTests
{
    [Fact]
    public void AFunctionReadsAsAType()
    {
        Assert.Equal(
            """
            // Get the weather
            type get_weather = (_: {
            // The city
            city: string,
            unit?: "c" | "f",
            days?: number, // default: 3, minimum: 1
            places?: string[],
            box?: {
            // In pixels
            width: number,
            },
            either?: string | null,
            }) => any;


            """.ReplaceLineEndings("\n"),
            Render(
                """
                {"type":"object","properties":{
                  "city":{"type":"string","description":"The city"},
                  "unit":{"type":"string","enum":["c","f"]},
                  "days":{"type":"integer","default":3,"minimum":1},
                  "places":{"type":"array","items":{"type":"string"}},
                  "box":{"type":"object","properties":{"width":{"type":"number","description":"In pixels"}},"required":["width"]},
                  "either":{"anyOf":[{"type":"string"},{"type":"null"}]}},
                 "required":["city"]}
                """,
                "Get\n    the weather\n").Text);
    }

    [Fact]
    public void ModelsOfTheFirstGenerationIndentAndHaveNoNestedDescriptions() =>
        Assert.Contains(
            "box?: {\n  width: number,\n},\neither?: string | null,",
            Render(
                """{"properties":{"box":{"type":"object","properties":{"width":{"type":"number","description":"dropped"}},"required":["width"]},"either":{"type":["string","null"],"description":"Either"}}}""",
                hasNestedComments: false).Text.Replace("// Either\n", string.Empty, StringComparison.Ordinal),
            StringComparison.Ordinal);

    [Fact]
    public void AFunctionWithoutParametersReadsShort() => Assert.Equal("type f = () => any;\n\n", Render("""{"type":"object","properties":{}}""").Text);

    [Fact]
    public void ReferencesAreFollowed() =>
        Assert.Contains("a?: {\nb?: number,\n},", Render("""{"properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object","properties":{"b":{"type":"number"}}}}}""").Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"properties":{"a":{"$ref":"#/properties/a"}}}""")]
    [InlineData("""{"$defs":{"N":{"type":"object","properties":{"l":{"$ref":"#/$defs/N"},"r":{"$ref":"#/$defs/N"}}}},"properties":{"n":{"$ref":"#/$defs/N"}}}""")]
    [InlineData("""{"properties":{"a":{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}}}""")]
    public void ASchemaThatUnfoldsWithoutEndIsCutOff(string schema)
    {
        TypeScriptRendering rendering = Render(schema);

        Assert.False(rendering.IsComplete);
        Assert.True(rendering.Text.Length < 10_000_000);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("""{"properties":[]}""")]
    [InlineData("""{"properties":{"a":7,"b":null,"c":{"type":[1,null]},"d":{"enum":[1,null,{}]},"e":{"items":3,"type":"array"}},"required":[1]}""")]
    public void MalformedSchemasRenderAsFarAsTheyGo(string schema) => Assert.Contains("type f", Render(schema).Text, StringComparison.Ordinal);

    [Fact]
    public async Task TenThousandToolsAreEstimated()
    {
        JsonElement schema = JsonDocument.Parse("""{"type":"object","properties":{"a":{"type":"string","description":"an argument"}}}""").RootElement;
        var options = new ChatOptions { Tools = [.. Enumerable.Range(0, 10_000).Select(index => AIFunctionFactory.CreateDeclaration($"tool_{index}", "does things", schema))] };

        foreach (string model in (string[])["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "llama3.1"])
        {
            TokenEstimate estimate = await new TokenEstimator().EstimateAsync([new ChatMessage(ChatRole.User, "hi")], options, new(model));
            Assert.InRange(estimate.InputTokens, 100_000, 1_000_000);
        }
    }

    private static TypeScriptRendering Render(string schema, string? description = null, bool hasNestedComments = true) =>
        TypeScriptRendering.OfFunction(description is null ? "f" : "get_weather", description, JsonDocument.Parse(schema).RootElement, hasNestedComments);
}
