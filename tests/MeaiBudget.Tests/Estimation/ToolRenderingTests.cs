using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class ToolRenderingTests
{
    private const string Weather = """{"type":"object","properties":{"location":{"type":"string","description":"the city"}},"required":["location"]}""";

    [Theory]

    // What Gemma's vocabulary takes for the rendering, less the texts in it (each word here is one token).
    [InlineData("Python", """{"type":"object","properties":{}}""", 18)]
    [InlineData("Python", Weather, 26)]
    [InlineData("Python", """{"type":"object","properties":{"location":{"type":"string"}},"required":["location"]}""", 27)]
    [InlineData("Python", """{"type":"object","properties":{"location":{"type":"string","description":"the city"}}}""", 30)]
    [InlineData("Declaration", """{"type":"object","properties":{}}""", 10)]
    [InlineData("Declaration", Weather, 37)]
    [InlineData("Declaration", """{"type":"object","properties":{"location":{"type":"string","enum":["red","blue"]}},"required":["location"]}""", 40)]
    [InlineData("Fields", """{"type":"object","properties":{}}""", 0)]
    [InlineData("Fields", Weather, 2)]
    public void GeminisNotationCountsAsItsVocabularyHasIt(string format, string schema, int notation) =>
        Assert.Equal(notation, Gemini(Enum.Parse<GeminiToolFormat>(format), schema).Notation);

    [Fact]
    public void GeminisNestedObjectsAreClassesNamedAfterFunctionAndParameter()
    {
        GeminiTool tool = Gemini(GeminiToolFormat.Python, """{"properties":{"window":{"type":"object","description":"span","properties":{"start":{"type":"string"}}}},"required":["window"]}""");

        Assert.Equal(["weather", "Get weather", "window", "window", "span", "weather", "window", "weather", "window", "span", "start", "start"], tool.Texts);
        Assert.True(tool.IsComplete);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"}}}""", false)]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"properties":{"y":{"items":{"$ref":"#/$defs/x"}}}}}}""", false)]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/x"},"b":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string"}}}""", true)]
    [InlineData("""{"properties":{"a":7,"b":{"enum":3,"anyOf":[1,null],"items":[]}},"required":[1]}""", true)]
    [InlineData("[]", true)]
    [InlineData("null", true)]
    public void SchemasThatReferToThemselvesAreCutOff(string schema, bool isComplete)
    {
        foreach (GeminiToolFormat format in Enum.GetValues<GeminiToolFormat>())
        {
            Assert.Equal(isComplete, Gemini(format, schema).IsComplete);
        }
    }

    [Fact]
    public void TemplatesWriteToolsCompactSpacedOrIndented()
    {
        var tool = ToolDefinition.Of(AIFunctionFactory.CreateDeclaration("f", "says \"a: b, {c}\"", JsonDocument.Parse("""{"type":"object","properties":{},"required":["x","y"]}""").RootElement));

        Assert.Equal("""{"type":"function","function":{"name":"f","description":"says \"a: b, {c}\"","parameters":{"type":"object","properties":{},"required":["x","y"]}}}""", tool.Json(ToolJsonStyle.Compact));
        Assert.Equal("""{"type": "function", "function": {"name": "f", "description": "says \"a: b, {c}\"", "parameters": {"type": "object", "properties": {}, "required": ["x", "y"]}}}""", tool.Json(ToolJsonStyle.Spaced));
        Assert.Equal(
            """
            {
                "type": "function",
                "function": {
                    "name": "f",
                    "description": "says \"a: b, {c}\"",
                    "parameters": {
                        "type": "object",
                        "properties": {},
                        "required": [
                            "x",
                            "y"
                        ]
                    }
                }
            }
            """.ReplaceLineEndings("\n"),
            tool.Json(ToolJsonStyle.Indented));
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "https://generativelanguage.googleapis.com", "https://europe-west4-aiplatform.googleapis.com")]
    [InlineData("openai/gpt-5", "https://api.example.com/v1", "https://openrouter.ai/api/v1")]
    [InlineData("qwen3", "http://localhost:8000", "http://localhost:11434")]
    public void TheHostDecidesHowToolsAreBilled(string model, string dear, string cheap)
    {
        Assert.True(Estimate(model, dear) > Estimate(model, cheap) + 5);
    }

    [Fact]
    public void ForbiddingParallelCallsTakesTheirInstructionsOutOfClaudesPrompt()
    {
        long free = Estimate("claude-haiku-4-5", "https://api.anthropic.com");
        long single = Estimate("claude-haiku-4-5", "https://api.anthropic.com", new ChatOptions { AllowMultipleToolCalls = false });

        Assert.Equal(213, free - single);
        Assert.Equal(0, Estimate("claude-sonnet-4-0", "https://api.anthropic.com") - Estimate("claude-sonnet-4-0", "https://api.anthropic.com", new ChatOptions { AllowMultipleToolCalls = false }));
    }

    private static GeminiTool Gemini(GeminiToolFormat format, string schema) =>
        GeminiTool.Of(format, "weather", "Get weather", JsonDocument.Parse(schema).RootElement);

    private static long Estimate(string model, string address, ChatOptions? options = null)
    {
        options ??= new ChatOptions();
        options.Tools = [AIFunctionFactory.CreateDeclaration("weather", "Get weather", JsonDocument.Parse(Weather).RootElement)];
        var target = new TokenEstimationTarget(model, new ChatClientMetadata("any", new Uri(address), model)) { Api = ChatApi.OpenAIChat };
        return new TokenEstimator().Estimate([new ChatMessage(ChatRole.User, "How is the weather?")], options, target).InputTokens;
    }
}
