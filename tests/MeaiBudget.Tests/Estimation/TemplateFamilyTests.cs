using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Rules of families of open models, taken from their published templates or measured, for every spelling of their ids.</summary>
public class TemplateFamilyTests
{
    private const string Weather = """{"type":"object","properties":{"city":{"type":"string","description":"The city whose weather is wanted"}},"required":["city"]}""";

    private static readonly TokenEstimator Estimator = new(new TokenEstimatorOptions { LearnsFromUsage = false });

    [Theory]
    [InlineData("llama-3.3-70b-instruct", "llama-3-3-70b-instruct", "llama-v3p3-70b-instruct")]
    [InlineData("qwen2.5-72b-instruct", "qwen2p5-72b-instruct", "qwen2-5-72b-instruct")]
    [InlineData("grok-4.1-fast", "grok-4-1-fast", "grok-4p1-fast")]
    [InlineData("kimi-k2.5", "kimi-k2p5", "kimi-k2-5")]
    public void EverySpellingOfAVersionHasTheSameTemplate(params string[] models)
    {
        long[] tokens = [.. models.Select(model => Estimate(model, "https://models.example", Tool()).InputTokens)];

        Assert.Single(tokens.Distinct());
    }

    [Theory]
    [InlineData("llama-3-8b", "llama-3-8b")]
    [InlineData("grok-4-0709", "grok-4-0709")]
    [InlineData("gemma-3-4b-it", "gemma-3-4b-it")]
    [InlineData("mistral-small-3-1-24b", "mistral-small-3.1-24b")]
    [InlineData("phi-4-mini", "phi-4-mini")]
    [InlineData("glm-4p6", "glm-4.6")]
    [InlineData("qwen3-1.7b", "qwen3-1.7b")]
    public void SizesAndDatesAreNoVersions(string model, string expected) => Assert.Equal(expected, ModelVersions.Dotted(model));

    [Fact]
    public void GrokHasItsPromptAtItsMakerAndNotAtAzure()
    {
        TokenEstimate maker = Estimate("grok-4-1-fast-non-reasoning", "https://api.x.ai", null);
        TokenEstimate azure = Estimate("grok-4-1-fast-non-reasoning", "https://team.services.ai.azure.com", null);

        // xAI reported 433 tokens for eleven of text and an image of 256.
        Assert.Equal(165, maker.InputTokens - azure.InputTokens);
    }

    [Fact]
    public void GrokSeesTheResponseSchema()
    {
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement) };
        const string Address = "https://team.services.ai.azure.com";

        // Two recorded requests have 70 tokens more than their text.
        long schemaTokens = Estimate("grok-4-fast-reasoning", Address, options).InputTokens - Estimate("grok-4-fast-reasoning", Address, null).InputTokens;
        Assert.InRange(schemaTokens, 66, 75);
    }

    [Theory]
    [InlineData("moonshotai/kimi-k2-instruct-0905", 18)]
    [InlineData("MiniMaxAI/MiniMax-M2", 15)]
    [InlineData("ibm/granite-3.3-8b-instruct", 36)]
    public void ARequestWithoutASystemMessageHasTheDefaultOfTheTemplate(string model, int atLeast)
    {
        TokenEstimate without = Estimate(model, "https://models.example", null);
        TokenEstimate with = Estimate(model, "https://models.example", new ChatOptions { Instructions = "x" });

        Assert.True(without.InputTokens - with.InputTokens >= atLeast - 8, $"{without.InputTokens} and {with.InputTokens}");
    }

    [Fact]
    public void TheBoundOfMistralSmallHoldsItsDefaultPrompt()
    {
        const string Model = "mistral-small-3.2-24b-instruct";
        TokenEstimate without = Estimate(Model, "https://models.example", null);
        TokenEstimate maker = Estimate(Model, "https://api.mistral.ai", null);

        Assert.True(without.InputUpperBound - without.InputTokens >= 500);
        Assert.True(maker.InputUpperBound - maker.InputTokens < 40);
    }

    [Fact]
    public void KimiK3AddsATextAboutTheEffortOfThinking()
    {
        TokenEstimate newest = Estimate("kimi-k3", "https://api.moonshot.ai", null);
        TokenEstimate older = Estimate("kimi-k2.5", "https://api.moonshot.ai", null);

        Assert.True(newest.InputTokens - older.InputTokens is > 60 and < 110);
    }

    [Fact]
    public void AMakersToolsHaveASmallerBoundThanThoseOfOtherHosts()
    {
        TokenEstimate maker = Estimate("glm-4.6", "https://api.z.ai", Tool());
        TokenEstimate other = Estimate("glm-4.6", "https://api.groq.com", Tool());

        Assert.Equal(other.InputTokens, maker.InputTokens);
        Assert.True(maker.InputUpperBound < other.InputUpperBound);
        Assert.True(maker.InputUpperBound >= maker.InputTokens * 1.25);
    }

    [Fact]
    public void GeminiUpTo2DoesNotBillParametersOfAJsonSchema()
    {
        ChatOptions given = Tool();
        ChatOptions json = Tool();
        json.AdditionalProperties = new() { ["parametersJsonSchema"] = true };

        TokenEstimate billed = Gemini("gemini-2.0-flash", given);
        TokenEstimate unbilled = Gemini("gemini-2.0-flash", json);

        // The name and the description of the parameter, and its name as a required one.
        Assert.InRange(billed.InputTokens - unbilled.InputTokens, 8, 14);
        Assert.True(unbilled.InputUpperBound >= billed.InputTokens);
        Assert.Equal(Gemini("gemini-2.5-flash", given).InputTokens, Gemini("gemini-2.5-flash", json).InputTokens);
    }

    [Fact]
    public void TheBoundOfAnOlderGeminiHoldsTheToolsOfNewerOnes()
    {
        long bound = Gemini("gemini-2.0-flash", Tool()).InputUpperBound;

        Assert.True(bound >= Gemini("gemini-2.5-flash", Tool()).InputTokens);
        Assert.True(bound >= Gemini("gemini-3.5-flash", Tool()).InputTokens);
    }

    [Fact]
    public void TheBoundOfManyShortTextsIsThatOfOneLongText()
    {
        string properties = string.Join(',', Enumerable.Range(0, 12).Select(index => $$"""{{"\""}}name{{index}}{{"\""}}:{"type":"string"}"""));
        TokenEstimate estimate = Gemini("gemini-2.5-flash", Tool("""{"type":"object","properties":{""" + properties + "}}"));

        Assert.True(estimate.InputUpperBound < estimate.InputTokens * 1.6, $"{estimate.InputTokens} and {estimate.InputUpperBound}");
    }

    [Fact]
    public void ATextOfAGeminiToolThatIsRepeatedManyTimesIsJoinedOnce()
    {
        // Each reference repeats the description: 4,000 times 20,000 characters.
        string properties = string.Join(',', Enumerable.Range(0, 4000).Select(index => $$"""{{"\""}}p{{index}}{{"\""}}:{"$ref":"#/$defs/d"}"""));
        string description = string.Concat(Enumerable.Repeat("word ", 4000));
        TokenEstimate estimate = Gemini("gemini-2.5-flash", Tool($$"""{"type":"object","$defs":{"d":{"type":"object","description":"{{description}}","properties":{"x":{"type":"string","description":"{{description}}"} } } },"properties":{ {{properties}} } }"""));

        Assert.True(estimate.InputTokens > 4000 * 4000);
    }

    [Fact]
    public void Gemini3WritesAnEmptyObjectOfParameters()
    {
        ChatOptions empty = Tool("""{"type":"object","properties":{}}""");
        ChatOptions json = Tool("""{"type":"object","properties":{}}""");
        json.AdditionalProperties = new() { ["parametersJsonSchema"] = true };

        Assert.Equal(12, Gemini("gemini-3.5-flash", empty).InputTokens - Gemini("gemini-3.5-flash", json).InputTokens);
    }

    private static ChatOptions Tool(string schema = Weather)
    {
        using var document = JsonDocument.Parse(schema);
        return new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("weather", "Tells the weather of a city", document.RootElement.Clone())] };
    }

    private static TokenEstimate Gemini(string model, ChatOptions options) => Estimate(model, "https://generativelanguage.googleapis.com", options, ChatApi.Gemini);

    private static TokenEstimate Estimate(string model, string address, ChatOptions? options, ChatApi api = ChatApi.OpenAIChat) => Estimator.Estimate(
        [new(ChatRole.User, "What will the weather be like in the harbor tomorrow morning?")], options,
        new TokenEstimationTarget(model, new ChatClientMetadata("test", new Uri(address), model)) { Api = api });
}
