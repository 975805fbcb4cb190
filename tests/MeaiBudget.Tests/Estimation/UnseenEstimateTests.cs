using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Models, hosts and requests that no recording has: the estimate takes the nearest known rules, and the bound holds what they may lack.</summary>
public class UnseenEstimateTests
{
    private const string Weather = """{"type":"object","properties":{"city":{"type":"string","description":"The city whose weather is wanted"}},"required":["city"]}""";

    private static readonly TokenEstimator Estimator = new(new TokenEstimatorOptions { LearnsFromUsage = false });

    [Theory]
    [InlineData("https://team.openai.azure.com", "team-chat", "gpt-4o")]
    [InlineData("https://team.openai.azure.com", "team-gpt-5-mini", "gpt-5-mini")]
    [InlineData("https://api.openai.com", "sphinx-3", "gpt-4o")]
    public void AnUnknownNameAtOpenAIHasTheRulesOfItsModels(string address, string name, string model)
    {
        ChatOptions options = Tool(Weather);
        TokenEstimate unknown = Estimate(name, ChatApi.OpenAIChat, address, options);
        TokenEstimate known = Estimate(model, ChatApi.OpenAIChat, address, options);

        Assert.InRange(unknown.InputTokens, known.InputTokens * 0.9, known.InputTokens * 1.15);
        Assert.True(unknown.InputUpperBound >= Estimate("gpt-5", ChatApi.OpenAIChat, address, options).InputTokens);
        Assert.NotEqual(TokenEstimateSource.Exact, unknown.Source);
    }

    [Theory]
    [InlineData(ChatApi.AnthropicMessages, "claude-opus-5-5")]
    [InlineData(ChatApi.Gemini, "gemini-3.8-flash")]
    public void AnUnknownNameAtAnApiOfOneMakerHasItsNewestRules(ChatApi api, string newest)
    {
        Assert.Equal(
            Estimate(newest, api, "https://models.example", null).InputTokens,
            Estimate("arn:aws:bedrock:us-east-1:1:application-inference-profile/x1", api, "https://models.example", null).InputTokens);
    }

    [Theory]
    [InlineData("glm-4.6", "https://api.z.ai")]
    [InlineData("kimi-k2-0905-preview", "https://api.moonshot.ai")]
    [InlineData("deepseek-chat", "https://api.deepseek.com")]
    public void AnOpenModelAtAnthropicsApiHasItsOwnTemplate(string model, string address)
    {
        ChatOptions options = Tool(Weather);
        TokenEstimate anthropic = Estimate(model, ChatApi.AnthropicMessages, address, options);

        Assert.Equal(Estimate(model, ChatApi.OpenAIChat, address, options).InputTokens, anthropic.InputTokens);
        Assert.True(anthropic.InputUpperBound - anthropic.InputTokens >= 240);
    }

    [Fact]
    public void HiddenReasoningIsReservedWhereAnEffortIsStated()
    {
        ChatMessage[] messages = [new(ChatRole.User, "x"), new(ChatRole.Assistant, [new FunctionCallContent("a", "f")]), new(ChatRole.Tool, [new FunctionResultContent("a", "y")])];
        long Room(ChatOptions options)
        {
            TokenEstimate estimate = Estimator.Estimate(messages, options, new TokenEstimationTarget("gpt-5") { Api = ChatApi.OpenAIResponses });
            return estimate.InputUpperBound - estimate.InputTokens;
        }

        // Recorded: up to 154 tokens with an effort, at most 15 without.
        Assert.True(Room(new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } }) >= 154);
        Assert.True(Room(new ChatOptions { RawRepresentationFactory = static _ => null }) >= 154);
        Assert.InRange(Room(new ChatOptions()), 15, 80);
    }

    [Theory]
    [InlineData("https://team.services.ai.azure.com", "Kimi-K2.5")]
    [InlineData("https://api.z.ai", "glm-4.6")]
    [InlineData("https://api.groq.com", "moonshotai/kimi-k2-instruct-0905")]
    [InlineData("https://team.openai.azure.com", "grok-3-mini")]
    public void AMeasuredHostOfAMeasuredTemplateHasASmallMargin(string address, string model)
    {
        TokenEstimate measured = Estimate(model, ChatApi.OpenAIChat, address, null);
        TokenEstimate elsewhere = Estimate(model, ChatApi.OpenAIChat, "https://models.example", null);

        Assert.Equal(elsewhere.InputTokens, measured.InputTokens);
        Assert.True(measured.InputUpperBound - measured.InputTokens < 40);
        Assert.True(elsewhere.InputUpperBound - elsewhere.InputTokens >= 240);
    }

    [Theory]
    [InlineData("llama3.1", 56)]
    [InlineData("qwen3", 360)]
    public void OllamaReservesAnotherEvaluationOnlyForModelsThatThink(string model, long room)
    {
        TokenEstimate estimate = Estimate(model, ChatApi.Ollama, "http://localhost:11434", new ChatOptions { ResponseFormat = ChatResponseFormat.Json });

        Assert.InRange(estimate.InputUpperBound - estimate.InputTokens, room / 2, room + 40);
    }

    [Theory]
    [InlineData("""{"anyOf":[{"type":"string","description":"PLACE"},{"type":"null"}]}""")]
    [InlineData("""{"type":"array","items":{"type":"object","description":"PLACE","properties":{"x":{"type":"number"}}}}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string","description":"PLACE"}}""")]
    [InlineData("""{"type":"object","properties":{"x":{"oneOf":[{"type":"object","description":"PLACE","properties":{}},{"type":"string"}]}}}""")]
    public void TheBoundHoldsDescriptionsThatTheRenderingLacks(string property)
    {
        string text = string.Join(' ', Enumerable.Range(0, 40).Select(i => "harbor" + i));
        TokenEstimate Of(string description) => Estimate(
            "gpt-4o", ChatApi.OpenAIChat, "https://api.openai.com", Tool("""{"type":"object","properties":{"a":""" + property.Replace("PLACE", description, StringComparison.Ordinal) + "}}"));

        Assert.True(Of(text).InputUpperBound - Of("x").InputUpperBound >= TokenCounters.Get("o200k_base").Count(text) - 2);
    }

    [Fact]
    public void TheBoundOfAGeminiToolHoldsTheSchemaOfItsResult()
    {
        using var returned = JsonDocument.Parse("""{"type":"object","description":"The weather of the day with temperature, wind, humidity and a short summary in words"}""");
        using var parameters = JsonDocument.Parse(Weather);
        TokenEstimate Of(JsonElement? result) => Estimate(
            "gemini-3.5-flash", ChatApi.Gemini, "https://generativelanguage.googleapis.com", new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("f", "d", parameters.RootElement, result)] });

        Assert.True(Of(returned.RootElement).InputUpperBound >= Of(null).InputUpperBound + 15);
        Assert.Equal(Of(null).InputTokens, Of(returned.RootElement).InputTokens);
    }

    private static TokenEstimate Estimate(string model, ChatApi api, string address, ChatOptions? options) => Estimator.Estimate(
        [new(ChatRole.User, "What will the weather be like in the harbor tomorrow morning?")], options,
        new TokenEstimationTarget(model, new ChatClientMetadata("test", new Uri(address), model)) { Api = api });

    private static ChatOptions Tool(string schema)
    {
        using var document = JsonDocument.Parse(schema);
        return new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("weather", "Looks the weather up.", document.RootElement.Clone())] };
    }
}
