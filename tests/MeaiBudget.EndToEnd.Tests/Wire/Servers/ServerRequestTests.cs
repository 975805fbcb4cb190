using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;

namespace MeaiBudget.Tests;

/// <summary>Whatever a raw request asks of a server, in the words of that server, is reserved before it is sent, or refused.</summary>
#pragma warning disable SCME0001 // The SDK's patches are experimental.
public sealed class ServerRequestTests
{
    private const long ModelLimit = 32_768;

    private static string Prediction { get; } = string.Concat(Enumerable.Repeat("0123456789", 100));

    /// <summary>A property of the body, its value, and the output tokens that it may cost. The options ask for 100.</summary>
    public static TheoryData<string, string, long> Limits => new()
    {
        { "max_tokens", "5000", 5_000 },
        { "max_completion_tokens", "5000", 5_000 },
        { "max_tokens", "\"5000\"", 5_000 },
        { "max_tokens", "5e3", 5_000 },
        { "max_tokens", "0", ModelLimit },
        { "max_tokens", "-1", ModelLimit },
        { "max_output_tokens", "900", 900 },
        { "max_new_tokens", "700", 700 },
        { "maxOutputTokens", "710", 710 },
        { "n_predict", "720", 720 },
        { "options", "{\"num_predict\":900}", 900 },
        { "options", "{\"num_predict\":-2}", ModelLimit },
        { "generationConfig", "{\"maxOutputTokens\":800,\"candidateCount\":2}", 1_600 },
        { "parameters", "{\"max_new_tokens\":600,\"best_of\":2}", 1_200 },
        { "sampling_params", "{\"max_new_tokens\":650,\"n\":2}", 1_300 },
        { "inferenceConfig", "{\"maxTokens\":777}", 777 },
        { "textGenerationConfig", "{\"maxTokenCount\":888}", 888 },
        { "n", "3", 300 },
        { "n", "\"3\"", 300 },
        { "best_of", "4", 400 },
        { "num_generations", "5", 500 },
        { "num_return_sequences", "4", 400 },
        { "extra_body", "{\"max_tokens\":5000}", 5_000 },
        { "extra_body", "{\"n\":3}", 300 },
        { "extra_body", "{\"sampling_params\":{\"n\":3}}", 300 },
        { "extra_body", "{\"generationConfig\":{\"maxOutputTokens\":5000,\"candidateCount\":2}}", 10_000 },
        { "extra_body", "{\"extra_body\":{\"max_tokens\":5000}}", 5_000 },
        { "extra_body", "{\"prediction\":{\"type\":\"content\",\"content\":\"" + Prediction + "\"}}", 1_100 },
        { "additionalModelRequestFields", "{\"max_tokens\":5000}", 5_000 },
        { "maxNewTokens", "5000", 5_000 },
        { "tokens_to_generate", "5000", 5_000 },
        { "num_completions", "3", 300 },
        { "sampleCount", "3", 300 },
        { "prediction", "{\"type\":\"content\",\"content\":\"" + Prediction + "\"}", 1_100 },
        { "prediction", "{\"type\":\"content\",\"content\":[{\"type\":\"text\",\"text\":\"" + Prediction + "\"}]}", 1_100 },
        { "context_management", "[{\"type\":\"compaction\",\"compact_threshold\":1000}]", 200 },
        { "context_management", "{\"edits\":[{\"type\":\"clear_tool_uses_20250919\"}]}", 100 },
    };

    /// <summary>What makes the cost unknown.</summary>
    public static TheoryData<string, string> Unbounded => new()
    {
        { "web_search_options", "{}" },
        { "plugins", "[{\"id\":\"web\",\"max_results\":5}]" },
        { "plugins", "[{\"id\":\"file-parser\",\"pdf\":{\"engine\":\"mistral-ocr\"}}]" },
        { "tools", "[{\"type\":\"builtin_function\",\"function\":{\"name\":\"$web_search\"}}]" },
        { "tools", "[{\"type\":\"openrouter:web_search\"}]" },
        { "tools", "[{\"type\":\"shell\",\"environment\":{\"type\":\"container_auto\"}}]" },
        { "tools", "[{\"type\":\"browser_search\"}]" },
        { "enable_search", "true" },
        { "enable_search", "\"true\"" },
        { "enable_search", "1" },
        { "extra_body", "{\"enable_search\":true}" },
        { "data_sources", "[{\"type\":\"azure_search\",\"parameters\":{}}]" },
        { "file_ids", "[\"file-1\"]" },
        { "preset", "\"mine\"" },
        { "search_parameters", "{\"mode\":\"auto\"}" },
        { "cached_content", "\"cachedContents/1\"" },
        { "previous_response_id", "\"resp_unknown\"" },
        { "previous_interaction_id", "\"v1_abc\"" },
        { "model", "\"gpt-4.1-mini:online\"" },
        { "extra_body", "{\"google\":{\"cached_content\":\"cachedContents/1\"}}" },
        { "extra_body", "{\"extra_body\":{\"google\":{\"cached_content\":\"cachedContents/1\"}}}" },
        { "extra_body", "{\"cached_content\":\"cachedContents/1\"}" },
        { "extra_body", "{\"conversation\":\"conv_1\"}" },
        { "extra_body", "{\"prompt\":{\"id\":\"pmpt_1\"}}" },
        { "extra_body", "{\"preset\":\"mine\"}" },
        { "extra_body", "{\"search_parameters\":{\"mode\":\"on\"}}" },
        { "extra_body", "{\"data_sources\":[{\"type\":\"azure_search\"}]}" },
        { "extra_body", "{\"mcp_servers\":[{\"type\":\"url\",\"url\":\"https://example.com\"}]}" },
        { "extra_body", "{\"tools\":[{\"googleSearch\":{}}]}" },
        { "google", "{\"cached_content\":\"cachedContents/1\"}" },
        { "providerOptions", "{\"google\":{\"cachedContent\":\"cachedContents/1\"}}" },
        { "compound_custom", "{\"tools\":{\"enabled_tools\":[\"web_search\"]}}" },
        { "venice_parameters", "{\"enable_web_search\":\"on\"}" },
        { "tools", "[{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[{\"type\":\"web_search\"}]}]" },
        { "container", "{\"skills\":[{\"skill_id\":\"pptx\"}]}" },
        { "rag_options", "{\"index\":\"mine\"}" },
        { "knowledge_base_ids", "[\"k1\"]" },
        { "prompt_id", "\"p1\"" },
        { "agent_id", "\"a1\"" },
        { "thread_id", "\"t1\"" },
        { "web_search_enabled", "true" },
    };

    /// <summary>What cannot be read, or leaves open which model answers.</summary>
    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "max_tokens", "\"many\"", "limits is not a number" },
        { "n", "\"5_000\"", "limits is not a number" },
        { "models", "[\"gpt-4.1\"]", "several models" },
        { "fallbacks", "[\"gpt-4.1\"]", "several models" },
        { "fallbacks", "[{\"model\":\"gpt-4.1\"}]", "several models" },
        { "extra_body", "{\"model\":\"gpt-4.1\"}", "several models" },
        { "extra_body", "{\"models\":[\"gpt-4.1\"]}", "several models" },
        { "extra_body", "{\"fallbacks\":[{\"model\":\"gpt-4.1\"}]}", "several models" },
        { "providerOptions", "{\"gateway\":{\"models\":[\"gpt-4.1\"]}}", "several models" },
        { "context_window_fallback_dict", "{\"gpt-4.1-mini\":\"gpt-4.1\"}", "several models" },
        { "model_list", "[{\"model_name\":\"x\",\"litellm_params\":{\"model\":\"gpt-4.1\"}}]", "several models" },
        { "extra_body", "{\"max_tokens\":\"many\"}", "limits is not a number" },
        { "metadata", new string('[', 200) + new string(']', 200), "too many levels" },
    };

    /// <summary>What changes nothing.</summary>
    public static TheoryData<string, string> Harmless => new()
    {
        { "plugins", "[{\"id\":\"response-healing\"}]" },
        { "tools", "[{\"type\":\"shell\",\"environment\":{\"type\":\"local\"}}]" },
        { "seed", "5" },
        { "max_tokens", "null" },
        { "models", "[\"gpt-4.1-mini\"]" },
        { "enable_search", "\"false\"" },
        { "enable_search", "0" },
        { "search_parameters", "{\"mode\":\"off\"}" },
        { "venice_parameters", "{\"enable_web_search\":\"off\"}" },
        { "extra_body", "{\"enable_search\":false}" },
        { "extra_body", "{\"models\":[\"gpt-4.1-mini\"],\"metadata\":{\"tenant\":\"a\"}}" },
        { "providerOptions", "{\"gateway\":{\"order\":[\"azure\"]}}" },
        { "service_tier", "\"default\"" },
    };

    [Theory, MemberData(nameof(Limits))]
    public async Task K1_K2_TheOutputIsReservedInWhateverWords(string name, string value, long output)
    {
        AttemptReceipt attempt = await AskAsync(name, value, new CostTracker(Budget.Daily("day", 10m)));

        Assert.Equal(output, attempt.ReservedOutputTokens);
        Assert.True(attempt.Reserved >= output * 0.0000016m);
    }

    [Theory, MemberData(nameof(Unbounded))]
    public async Task K6_WhatCannotBeBoundedIsNotSent(string name, string value)
    {
        AttemptReceipt attempt = await AskAsync(name, value, new CostTracker(Budget.Daily("day", 10m)));

        Assert.Equal((AttemptOutcome.Refused, 0), (attempt.Outcome, attempt.RequestCount));
    }

    [Theory, MemberData(nameof(Unreadable))]
    public async Task K3_ARawRequestThatIsNotUnderstoodIsRefusedOrReservedAtTheLimitsOfTheModel(string name, string value, string reason)
    {
        AttemptReceipt refused = await AskAsync(name, value, new CostTracker(Budget.Daily("day", 10m)));

        Assert.Equal((AttemptOutcome.Refused, RefusalReason.UnseenRawRequest, 0), (refused.Outcome, refused.Refusal!.Reason, refused.RequestCount));
        Assert.Contains(reason, new BudgetExceededException(refused.Refusal).Message, StringComparison.Ordinal);

        AttemptReceipt reserved = await AskAsync(name, value, new CostTracker(Budget.Daily("day", 10m)), configure: options => options.UnseenRawRequestBehavior = UnseenRawRequestBehavior.ReserveModelLimits);
        Assert.Equal(AttemptOutcome.Answered, reserved.Outcome);
        Assert.True(reserved.Reserved >= ModelLimit * 0.0000016m);
    }

    [Theory, MemberData(nameof(Harmless))]
    public async Task WhatCostsNothingIsSent(string name, string value)
    {
        AttemptReceipt attempt = await AskAsync(name, value, new CostTracker(Budget.Daily("day", 10m)));

        Assert.Equal((AttemptOutcome.Answered, 100L), (attempt.Outcome, attempt.ReservedOutputTokens!.Value));
    }

    [Fact]
    public async Task ACompactionIsReservedWithTheInputThatItReads()
    {
        var tracker = new CostTracker(Budget.Daily("day", 10m));
        AttemptReceipt plain = await AskAsync("seed", "5", tracker);
        AttemptReceipt compacting = await AskAsync("context_management", "[{\"type\":\"compaction\"}]", tracker);

        Assert.Equal(2 * plain.Reserved, compacting.Reserved);
    }

    [Theory]
    [InlineData("priority", "default", "standard")]
    [InlineData("priority", "priority", "priority")]
    [InlineData("flex", "default", "standard")]
    [InlineData("flex", "flex", "flex")]
    [InlineData("flex", null, "flex")]
    [InlineData("priority", "auto", "priority")]
    public async Task K4_TheTierThatAnsweredIsBilledAndTheTierThatWasAskedForWhereItSaysNothing(string asked, string? answered, string? billed)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            AttemptReceipt attempt = await AskAsync("service_tier", $"\"{asked}\"", new CostTracker(Budget.Daily("day", 10m)), answered, streaming);
            Assert.Equal(billed, attempt.Usage.ServiceTier);
        }
    }

    [Theory]
    [InlineData("""{"speed":"fast"}""", """{"input_tokens":1000,"output_tokens":100,"service_tier":"standard","speed":"fast"}""", "fast")]
    [InlineData("""{"speed":"fast"}""", """{"input_tokens":1000,"output_tokens":100,"service_tier":"standard","speed":"standard"}""", "standard")]
    [InlineData("""{"speed":"fast"}""", """{"input_tokens":1000,"output_tokens":100,"service_tier":"standard"}""", "fast")]
    [InlineData("""{"inference_geo":"us"}""", """{"input_tokens":1000,"output_tokens":100,"service_tier":"standard","inference_geo":"us"}""", "us_only")]
    [InlineData("""{"inference_geo":"us"}""", """{"input_tokens":1000,"output_tokens":100,"service_tier":"standard"}""", "us_only")]
    [InlineData("""{"inference_geo":"us","speed":"fast"}""", """{"input_tokens":1000,"output_tokens":100,"speed":"fast","inference_geo":"us"}""", "fast+us_only")]
    [InlineData("""{"inference_geo":"global"}""", """{"input_tokens":1000,"output_tokens":100,"inference_geo":"global"}""", null)]
    [InlineData("{}", """{"input_tokens":1000,"output_tokens":100,"inference_geo":"us"}""", "us_only")]
    public async Task K4_SpeedAndPlaceOfAnthropicAreReservedAndBilled(string more, string usage, string? billed)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            string body = streaming ? ServerAnswers.MessageStream(usage, """{"output_tokens":100}""") : ServerAnswers.Message(usage);
            var wire = new CannedHandler(_ => CannedHandler.Response(200, body, streaming ? "text/event-stream" : "application/json"));
            IChatClient inner = AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = wire });
            using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
            using ReceiptCapture capture = CallReceipts.Capture();

            await client.AskAsync(streaming, options: new ChatOptions { RawRepresentationFactory = _ => RawMessage(more) });

            AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
            decimal times = (billed?.Contains("us_only", StringComparison.Ordinal) == true ? 1.1m : 1m) * (billed?.StartsWith("fast", StringComparison.Ordinal) == true ? 6m : 1m);
            Assert.Equal(billed, attempt.Usage.ServiceTier);
            Assert.Equal(times * ((1000 * 0.000001m) + (100 * 0.000005m)), attempt.Cost.Amount);
            if (more != "{}")
            {
                Assert.True(attempt.Reserved >= times * 100 * 0.000005m);
            }
        }
    }

    private static MessageCreateParams RawMessage(string more)
    {
        Dictionary<string, JsonElement> body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(more)!;
        body["max_tokens"] = JsonSerializer.SerializeToElement(100);
        body["model"] = JsonSerializer.SerializeToElement("claude-haiku-4-5");
        body["messages"] = JsonSerializer.SerializeToElement(Array.Empty<object>());
        return MessageCreateParams.FromRawUnchecked(new Dictionary<string, JsonElement>(), new Dictionary<string, JsonElement>(), body);
    }

    private static async Task<AttemptReceipt> AskAsync(string name, string value, CostTracker tracker, string? tier = null, bool streaming = false, Action<BudgetOptions>? configure = null)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, tier: tier));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire });
        using IChatClient client = new ChatClientBuilder(inner)
            .UseTokenEstimation(new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false })).UseBudget(tracker, configure).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        try
        {
            await client.AskAsync(streaming, options: new ChatOptions
            {
                MaxOutputTokens = 100,
                RawRepresentationFactory = _ =>
                {
                    var raw = new ChatCompletionOptions();
                    raw.Patch.Set(Encoding.UTF8.GetBytes("$." + name), BinaryData.FromString(value));
                    return raw;
                },
            });
        }
        catch (BudgetExceededException)
        {
            Assert.Empty(wire.Requests);
        }

        return capture.Receipts.Single().Attempts.Single();
    }
}
#pragma warning restore SCME0001
