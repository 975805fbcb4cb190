using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Rules that were missing when estimates were compared with recorded requests of other projects.</summary>
public class EstimateFieldCaseTests
{
    private static readonly TokenEstimator Estimator = new(new TokenEstimatorOptions { LearnsFromUsage = false });

    [Fact]
    public void O1_DescriptionsOfNestedPropertiesAreBilled()
    {
        const string Schema = """{"type":"object","properties":{"window":{"type":"object","properties":{"start":{"type":"string","description":"ISO start"},"end":{"type":"string","description":"ISO end"}},"required":["start","end"],"additionalProperties":false,"description":"Time window to schedule"}},"required":["window"],"additionalProperties":false}""";
        const string Prompt = "Call the object params tool with window start 2025-01-01 and end 2025-01-02 and include the result.";

        // OpenAI reported 91 tokens for this request.
        Assert.Equal(91, Estimate("gpt-5-nano", ChatApi.OpenAIResponses, Prompt, Tools("object_params", "Uses params DSL object support", Schema)).InputTokens);
    }

    [Fact]
    public void O2_AUnionTypeRepeatsItsDescriptionForEachAlternative()
    {
        static string Schema(string type) => $$$"""{"type":"object","properties":{"zone":{"type":{{{type}}},"description":"The zone whose time is wanted"}},"required":["zone"]}""";
        long single = Estimate("gpt-4o", ChatApi.OpenAIChat, "Hi", Tools("f", "F", Schema("\"string\""))).InputTokens;
        long union = Estimate("gpt-4o", ChatApi.OpenAIChat, "Hi", Tools("f", "F", Schema("[\"string\",\"null\"]"))).InputTokens;

        int description = TokenCounters.Get("o200k_base").Count(" The zone whose time is wanted");
        Assert.Equal(single + 2 + (2 * (description + 2)), union);
    }

    [Fact]
    public void O3_ResultsOfParallelCallsMayBeEscaped()
    {
        string result = string.Concat(Enumerable.Repeat("今天北京天气晴朗，最高气温二十六度。", 20));
        TokenEstimate estimate = Estimator.Estimate(ParallelResults(result), null, new TokenEstimationTarget("gpt-4o-mini") { Api = ChatApi.OpenAIChat });
        TokenEstimate ascii = Estimator.Estimate(ParallelResults("fair, 26 degrees"), null, new TokenEstimationTarget("gpt-4o-mini") { Api = ChatApi.OpenAIChat });

        string escaped = string.Concat(result.Select(letter => $"\\u{(int)letter:x4}"));
        Assert.True(estimate.InputUpperBound >= 2 * TokenCounters.Get("o200k_base").Count(escaped));
        Assert.Equal(TokenEstimateSource.Heuristic, estimate.Source);
        Assert.Equal(TokenEstimateSource.Exact, ascii.Source);
    }

    [Fact]
    public void O4_TheFirstTurboModelHasFourTokensAMessage()
    {
        ChatMessage[] messages = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Name a river.")];
        TokenEstimate azure = Estimator.Estimate(messages, null, new TokenEstimationTarget("gpt-35-turbo") { Api = ChatApi.OpenAIChat });
        TokenEstimate dated = Estimator.Estimate(messages, null, new TokenEstimationTarget("gpt-3.5-turbo-0301") { Api = ChatApi.OpenAIChat });
        TokenEstimate newer = Estimator.Estimate(messages, null, new TokenEstimationTarget("gpt-3.5-turbo-0125") { Api = ChatApi.OpenAIChat });

        Assert.Equal(newer.InputTokens + 1, azure.InputTokens);
        Assert.Equal(newer.InputTokens + 1, dated.InputTokens);
        Assert.Equal(TokenEstimateSource.Heuristic, azure.Source);
        Assert.Equal(TokenEstimateSource.Exact, dated.Source);
    }

    [Fact]
    public void O4_AnExactEstimateThatIsWrongIsCorrectedByUsage()
    {
        var estimator = new TokenEstimator();
        var target = new TokenEstimationTarget("gpt-4o") { Api = ChatApi.OpenAIChat };
        for (int index = 0; index < 40; index++)
        {
            TokenEstimate estimate = estimator.Estimate([new(ChatRole.User, string.Concat(Enumerable.Repeat(" word", 100 + index)))], null, target);
            estimator.Learn(estimate, target, new BillableUsage { InputTokens = estimate.Breakdown.Total * 6 / 5, OutputTokens = 1 });
        }

        TokenEstimate healed = estimator.Estimate([new(ChatRole.User, string.Concat(Enumerable.Repeat(" word", 1000)))], null, target);
        Assert.Equal(TokenEstimateSource.Learned, healed.Source);
        Assert.InRange(healed.InputTokens, healed.Breakdown.Total * 119 / 100, healed.Breakdown.Total * 121 / 100);
    }

    // The texts are those of recorded requests; the numbers are the tokens that Google billed for the schema.
    [Theory]
    [InlineData("""{"properties":{"answer":{"title":"Answer","type":"STRING"}},"required":["answer"],"title":"Answer","type":"OBJECT"}""", 6)]
    [InlineData("""{"properties":{"name":{"type":"string"},"age":{"type":"integer"},"bio":{"type":"string"}},"required":["name","age","bio"],"type":"object"}""", 6)]
    [InlineData("""{"properties":{"name":{"title":"Name","type":"string"},"address":{"properties":{"street":{"title":"Street","type":"string"},"city":{"title":"City","type":"string"}},"required":["street","city"],"title":"Address","type":"object"}},"required":["name","address"],"type":"object"}""", 17)]
    public void O5_GeminiUpTo2BillsAResponseSchema(string schema, long tokens)
    {
        using var document = JsonDocument.Parse(schema);
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(document.RootElement.Clone()) };
        long plain = Estimate("gemini-2.0-flash", ChatApi.Gemini, "Hi", null).InputTokens;

        Assert.Equal(plain + tokens, Estimate("gemini-2.0-flash", ChatApi.Gemini, "Hi", options).InputTokens);
        options.AdditionalProperties = new() { ["responseJsonSchema"] = true };
        Assert.Equal(plain, Estimate("gemini-2.0-flash", ChatApi.Gemini, "Hi", options).InputTokens);
        Assert.Equal(
            Estimate("gemini-2.5-flash", ChatApi.Gemini, "Hi", null).InputTokens,
            Estimate("gemini-2.5-flash", ChatApi.Gemini, "Hi", new ChatOptions { ResponseFormat = options.ResponseFormat }).InputTokens);
    }

    [Theory]
    [InlineData("claude-4-sonnet-20250514", "claude-sonnet-4-20250514")]
    [InlineData("claude-4-opus", "claude-opus-4")]
    [InlineData("claude-4.5-sonnet", "claude-sonnet-4-5")]
    [InlineData("claude-3.5-sonnet", "claude-3-5-sonnet-20241022")]
    public void O6_AVersionBeforeTheNameIsTheSameModel(string spelling, string usual)
    {
        ChatOptions tools = Tools("get_weather", "Weather", """{"type":"object","properties":{"city":{"type":"string"}}}""");

        Assert.Equal(
            Estimate(usual, ChatApi.AnthropicMessages, "Hi", tools).InputTokens,
            Estimate(spelling, ChatApi.AnthropicMessages, "Hi", tools).InputTokens);
    }

    [Fact]
    public void O8_AThoughtSignatureIsFlaggedAndBounded()
    {
        var signature = new TextReasoningContent(null) { ProtectedData = new string('A', 4000) };
        TokenEstimate estimate = Estimator.Estimate(
            [new(ChatRole.User, "Hi"), new(ChatRole.Assistant, [new TextContent("Hello"), signature]), new(ChatRole.User, "Go on")], null, new("gemini-3-pro") { Api = ChatApi.Gemini });

        Assert.True(estimate.Flags.HasFlag(TokenEstimateFlags.UnknownContent));
        Assert.True(estimate.InputUpperBound > 1300);
    }

    [Fact]
    public void O9_DatabricksSendsAResponseSchemaAsATool()
    {
        using var document = JsonDocument.Parse("""{"description":"Summary of the article","properties":{"title":{"type":"string"},"author":{"type":"string"}},"required":["title","author"],"type":"object","additionalProperties":false}""");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(document.RootElement.Clone()) };
        const string Text = "\n# Apples are tasty\n\nBy Hadley Wickham\nApples are delicious and tasty and I like to eat them.\nExcept for red delicious, that is. They are NOT delicious.\n";
        var target = new TokenEstimationTarget("databricks-claude-3-7-sonnet", new ChatClientMetadata("openai", new Uri("https://adb-1.2.azuredatabricks.net"))) { Api = ChatApi.OpenAIChat };
        TokenEstimate estimate = Estimator.Estimate([new(ChatRole.User, Text)], options, target);

        // Databricks reported 458.
        Assert.InRange(estimate.InputTokens, 430, 480);
        Assert.True(estimate.InputUpperBound >= 458);
    }

    [Theory]
    [InlineData("deepseek-chat", "api.deepseek.com")]
    [InlineData("deepseek/deepseek-v3.2", "openrouter.ai")]
    [InlineData("glm-4.6", "api.z.ai")]
    [InlineData("mistral-small-latest", "api.mistral.ai")]
    public void O13_ForbiddenToolsAreNotInThePrompt(string model, string host)
    {
        ChatOptions tools = Tools("get_weather", "Weather", """{"type":"object","properties":{"city":{"type":"string"}}}""");
        tools.ToolMode = ChatToolMode.None;
        var target = new TokenEstimationTarget(model, new ChatClientMetadata("openai", new Uri("https://" + host))) { Api = ChatApi.OpenAIChat };

        Assert.Equal(
            Estimator.Estimate([new(ChatRole.User, "Hi")], null, target).InputTokens,
            Estimator.Estimate([new(ChatRole.User, "Hi")], tools, target).InputTokens);
    }

    [Fact]
    public void O13_OpenAIKeepsForbiddenTools()
    {
        ChatOptions tools = Tools("get_weather", "Weather", """{"type":"object","properties":{"city":{"type":"string"}}}""");
        tools.ToolMode = ChatToolMode.None;

        Assert.True(Estimate("gpt-4o", ChatApi.OpenAIChat, "Hi", tools).Breakdown.Tools > 20);
    }

    [Theory]
    [InlineData("claude-opus-4-7", false, 690)]
    [InlineData("claude-opus-4-7", true, 820)]
    [InlineData("claude-opus-4-8", false, 320)]
    [InlineData("claude-opus-5", true, 400)]
    public void O14_Opus47HasALongerToolPrompt(string model, bool isRequired, long envelope)
    {
        ChatOptions tools = Tools("f", string.Empty, """{"type":"object","properties":{}}""");
        tools.ToolMode = isRequired ? ChatToolMode.RequireAny : ChatToolMode.Auto;
        TokenEstimate estimate = Estimate(model, ChatApi.AnthropicMessages, "Hi", tools);

        Assert.InRange(estimate.Breakdown.Tools, envelope + 17, envelope + 50);
        Assert.True(estimate.InputUpperBound >= envelope * 11 / 10);
    }

    [Fact]
    public void O15_TheProModeAddsAPrompt()
    {
        var pro = new ChatOptions { AdditionalProperties = new() { ["reasoning.mode"] = "pro" } };

        Assert.Equal(
            Estimate("gpt-5.6", ChatApi.OpenAIResponses, "Hi", null).InputTokens + 1510,
            Estimate("gpt-5.6", ChatApi.OpenAIResponses, "Hi", pro).InputTokens);
    }

    [Fact]
    public void O16_Gemma3IgnoresToolsAndGemma4WritesThemCompactly()
    {
        ChatOptions tools = Tools("get_weather", "Weather", """{"type":"object","properties":{"city":{"type":"string"}}}""");

        Assert.Equal(0, Estimate("gemma-3-4b-it", ChatApi.OpenAIChat, "Hi", tools).Breakdown.Tools);
        Assert.InRange(Estimate("gemma4:latest", ChatApi.Ollama, "Hi", tools).Breakdown.Tools, 20, 80);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", 3000)]
    [InlineData("llama-3.1-8b", 3000)]
    public void ATextOfOneWordHasAWideBound(string model, int words)
    {
        ITokenCounter counter = TokenCounters.ForModel(model);
        TokenCount repeated = counter.Measure(string.Concat(Enumerable.Repeat(" farewell", words)));

        Assert.True(repeated.UpperBound >= repeated.Tokens * 1.8 - 10);
    }

    [Fact]
    public void TheBillingHeaderOfClaudeCodeIsNotBilled()
    {
        TextContent header = new("x-anthropic-billing-header: cc_version=2.1.113.92d; cc_entrypoint=sdk-ts; cch=24766;");
        var target = new TokenEstimationTarget("claude-haiku-4-5") { Api = ChatApi.AnthropicMessages };

        Assert.Equal(
            Estimator.Estimate([new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi")], null, target).InputTokens,
            Estimator.Estimate([new(ChatRole.System, [header, new TextContent("Be brief.")]), new(ChatRole.User, "Hi")], null, target).InputTokens);
    }

    private static TokenEstimate Estimate(string model, ChatApi api, string prompt, ChatOptions? options) =>
        Estimator.Estimate([new(ChatRole.User, prompt)], options, new TokenEstimationTarget(model) { Api = api });

    private static ChatOptions Tools(string name, string description, string schema)
    {
        using var document = JsonDocument.Parse(schema);
        return new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration(name, description, document.RootElement.Clone())] };
    }

    private static ChatMessage[] ParallelResults(string result) =>
    [
        new(ChatRole.User, "x"),
        new(ChatRole.Assistant, [new FunctionCallContent("a", "f"), new FunctionCallContent("b", "f")]),
        new(ChatRole.Tool, [new FunctionResultContent("a", result)]),
        new(ChatRole.Tool, [new FunctionResultContent("b", result)]),
    ];
}
