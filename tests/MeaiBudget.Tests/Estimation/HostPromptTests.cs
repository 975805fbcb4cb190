using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What hosts write into a prompt for tools and response schemas, against the tokens that they reported.</summary>
public class HostPromptTests
{
    private const string Country = """{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"country":{"type":"string","enum":["USA","Canada"]}},"additionalProperties":false,"type":"object","required":["country"]}""";
    private const string Question = "I wonder if the USA is a better country than Canada? Call the tool best_country to tell me which country is the best one.";
    private const string Groq = "https://api.groq.com";
    private const string Cerebras = "https://api.cerebras.ai";

    private static readonly TokenEstimator Estimator = new(new TokenEstimatorOptions { LearnsFromUsage = false });

    [Theory]
    [InlineData("meta-llama/llama-4-scout-17b-16e-instruct", Groq, 774)]
    [InlineData("meta-llama/Llama-4-Scout-17B-16E-Instruct", "https://api.together.xyz", 828)]
    [InlineData("gemma-4-31b", Cerebras, 100)]
    [InlineData("llama-3.3-70b", Cerebras, 249)]
    [InlineData("gpt-oss-120b", Cerebras, 153)]
    public void AToolIsCountedAsTheHostWritesIt(string model, string address, long reported)
    {
        TokenEstimate estimate = Estimate(model, address, [new(ChatRole.User, Question)], Tool(ChatToolMode.RequireAny));

        Assert.InRange(estimate.InputTokens, reported * 95 / 100, reported * 105 / 100);
        Assert.InRange(estimate.InputUpperBound, reported, reported * 4);
    }

    [Theory]
    [InlineData("gemma-4-31b", Cerebras, true)]
    [InlineData("gpt-oss-120b", Cerebras, true)]
    [InlineData("llama-3.3-70b", Cerebras, true)]
    [InlineData("meta-llama/llama-4-scout-17b-16e-instruct", Groq, true)]
    [InlineData("meta-llama/Llama-4-Scout-17B-16E-Instruct", "https://api.together.xyz", true)]
    [InlineData("qwen/qwen3.5-122b-a10b", "https://openrouter.ai", true)]
    [InlineData("Qwen/Qwen3-235B-A22B-Instruct-2507-tput", "https://api.together.xyz", false)]
    [InlineData("openai/gpt-oss-120b", Groq, false)]
    [InlineData("qwen3-32b", "https://models.example", false)]
    public void ForbiddenToolsAreLeftOutWhereTheHostLeavesThemOut(string model, string address, bool areLeftOut)
    {
        ChatMessage[] messages = [new(ChatRole.User, Question)];
        TokenEstimate forbidden = Estimate(model, address, messages, Tool(ChatToolMode.None));

        Assert.Equal(areLeftOut, forbidden.Breakdown.Tools == 0);
        Assert.True(forbidden.InputUpperBound >= Estimate(model, address, messages, Tool(ChatToolMode.Auto)).InputTokens);
    }

    [Fact]
    public void TheBoundOfManyForbiddenToolsHoldsTheirIntroductionOnce()
    {
        using var document = JsonDocument.Parse("""{"type":"object","properties":{}}""");
        JsonElement empty = document.RootElement.Clone();
        long Bound(int count) => Estimate("deepseek-chat", "https://api.deepseek.com", [new(ChatRole.User, "Hi")], new ChatOptions
        {
            ToolMode = ChatToolMode.None,
            Tools = [.. Enumerable.Range(0, count).Select(number => (AITool)AIFunctionFactory.CreateDeclaration("f" + number, string.Empty, empty))],
        }).InputUpperBound;

        Assert.InRange(Bound(11) - Bound(1), 100, 1000);
    }

    [Theory]
    [InlineData("gemma-4-31b", 180)]
    [InlineData("gpt-oss-120b", 225)]
    public void CerebrasWritesAResponseSchemaIntoThePrompt(string model, long reported)
    {
        using var document = JsonDocument.Parse("""{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"is_fruit":{"type":"boolean"}},"additionalProperties":false,"type":"object","required":["is_fruit"]}""");
        ChatMessage[] messages = [new(ChatRole.User, "Is a banana a fruit? Do not include an explanation. Reply ONLY as JSON.")];
        TokenEstimate estimate = Estimate(model, Cerebras, messages, new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(document.RootElement.Clone()) });

        Assert.InRange(estimate.InputTokens, reported * 95 / 100, reported * 105 / 100);
        Assert.True(estimate.InputUpperBound >= reported);
    }

    [Theory]
    [InlineData("gemma-4-31b", Cerebras, 128)]
    [InlineData("gpt-oss-120b", Cerebras, 122)]
    [InlineData("deepseek-v4-flash", "https://api.deepseek.com", 53)]
    public void TheBoundHoldsWhatAHostAddsForJson(string model, string address, long reported)
    {
        ChatMessage[] messages = [new(ChatRole.User, "Is a banana a fruit? Do not include an explanation. Reply ONLY as JSON according to the provided schema: {\"is_fruit\": bool}.")];

        Assert.True(Estimate(model, address, messages, new ChatOptions { ResponseFormat = ChatResponseFormat.Json }).InputUpperBound >= reported);
    }

    [Theory]
    [InlineData("claude-haiku-4-5-20251001", 595)]
    [InlineData("claude-opus-4-8", 842)]
    [InlineData("claude-sonnet-5", 842)]
    public void CitationsAddAPromptOfTheModelsTokenizer(string model, long reported)
    {
        var document = new TextContent("The capital of Quackiland is Quack. The Big Canard Statue is located in Quack.") { AdditionalProperties = new() { ["citations"] = true } };
        ChatMessage[] messages = [new(ChatRole.User, [document, new TextContent("What is the capital of Quackiland?")])];
        TokenEstimate estimate = Estimator.Estimate(messages, null, new TokenEstimationTarget(model) { Api = ChatApi.AnthropicMessages });

        Assert.InRange(estimate.InputTokens, reported * 96 / 100, reported * 104 / 100);
        Assert.True(estimate.InputUpperBound >= reported);
    }

    [Theory]
    [InlineData(true, 115)]
    [InlineData(false, 72)]
    public void AResultSchemaThatIsSentToGeminiIsCounted(bool isSent, long reported)
    {
        TokenEstimate estimate = ToolWithResult("gemini-2.5-flash", isSent);

        Assert.InRange(estimate.InputTokens, reported * 97 / 100, reported * 103 / 100);
        Assert.True(estimate.InputUpperBound >= reported);
    }

    [Fact]
    public void ADeclarationForGemini3HasTheTypeOfItsResult() =>
        Assert.Equal(ToolWithResult("gemini-3-flash-preview", isSent: false).InputTokens + 9, ToolWithResult("gemini-3-flash-preview", isSent: true).InputTokens);

    private static TokenEstimate ToolWithResult(string model, bool isSent)
    {
        using var parameters = JsonDocument.Parse("""{"properties":{"country":{"enum":["USA","Canada"],"type":"STRING"}},"required":["country"],"type":"OBJECT"}""");
        using var result = JsonDocument.Parse("""{"properties":{"response":{"type":"STRING"}},"required":["response"],"type":"OBJECT"}""");
        var options = new ChatOptions
        {
            Tools = [AIFunctionFactory.CreateDeclaration("best_country", "A tool to specify the best country", parameters.RootElement.Clone(), result.RootElement.Clone())],
            AdditionalProperties = isSent ? new() { ["functionResponse"] = true } : null,
        };
        return Estimator.Estimate([new(ChatRole.User, Question)], options, new TokenEstimationTarget(model) { Api = ChatApi.Gemini });
    }

    private static TokenEstimate Estimate(string model, string address, ChatMessage[] messages, ChatOptions? options) =>
        Estimator.Estimate(messages, options, new TokenEstimationTarget(model, new ChatClientMetadata("openai", new Uri(address), model)) { Api = ChatApi.OpenAIChat });

    private static ChatOptions Tool(ChatToolMode mode)
    {
        using var document = JsonDocument.Parse(Country);
        return new ChatOptions { ToolMode = mode, Tools = [AIFunctionFactory.CreateDeclaration("best_country", "A tool to specify the best country", document.RootElement.Clone())] };
    }
}
