using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OllamaSharp.Models.Chat;
using OpenAI.Chat;
using OpenAI.Responses;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;
using ThinkingConfigEnabled = Anthropic.Models.Messages.ThinkingConfigEnabled;

namespace MeaiBudget.Tests;

#pragma warning disable OPENAI001, SCME0001 // The SDK's own raw types are experimental.

/// <summary>Thinking that is asked for elsewhere than in <see cref="ChatOptions.Reasoning"/>: in raw requests and in additional properties, in the spellings of providers and gateways.</summary>
public sealed class RawThinkingTests
{
    private const decimal Output = 0.000002m;

    [Theory]
    [InlineData("$.reasoning_effort", "\"high\"", 8_192)]
    [InlineData("$.reasoning_effort", "\"medium\"", 4_096)]
    [InlineData("$.reasoning_effort", "\"minimal\"", 2_048)]
    [InlineData("$.reasoning", """{"effort":"high"}""", 8_192)]
    [InlineData("$.reasoning", """{"enabled":true}""", 8_192)]
    [InlineData("$.reasoning", """{"max_tokens":3000}""", 4_024)]
    [InlineData("$.thinking", """{"type":"enabled"}""", 8_192)]
    [InlineData("$.thinking", """{"type":"enabled","budget_tokens":2000}""", 3_024)]
    [InlineData("$.thinking_budget", "6000", 7_024)]
    [InlineData("$.enable_thinking", "true", 8_192)]
    [InlineData("$.chat_template_kwargs", """{"enable_thinking":true}""", 8_192)]
    [InlineData("$.extra_body", """{"google":{"thinking_config":{"thinking_budget":5000}}}""", 6_024)]
    [InlineData("$.extra_body", """{"google":{"thinking_config":{"thinking_level":"low"}}}""", 2_048)]
    [InlineData("$.thinking", """{"type":"disabled"}""", 1_024)]
    public async Task K8_ARawRequestOfOpenAIsProtocolIsNeverLoweredBelowItsThinking(string path, string value, long least)
    {
        foreach (bool streaming in new[] { false, true })
        {
            await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
            IChatClient OpenAi() => RealClients.Create(simulator, SimulatedProvider.OpenAI, "gateway-model");
            var options = new ChatOptions
            {
                RawRepresentationFactory = _ =>
                {
                    var raw = new ChatCompletionOptions();
                    raw.Patch.Set(Encoding.UTF8.GetBytes(path), BinaryData.FromString(value));
                    return raw;
                },
            };
            await IsHeldAsync(OpenAi, () => simulator.OpenAI.ChatRequests, options, streaming, least, "max_completion_tokens");
        }
    }

    [Theory]
    [InlineData("low", 2_048)]
    [InlineData("high", 8_192)]
    public async Task K8_ARawRequestOfTheResponsesApiIsNeverLoweredBelowItsThinking(string effort, long least)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        IChatClient OpenAi() => RealClients.Create(simulator, SimulatedProvider.OpenAI, "gateway-model", options => ((OpenAIChatClientOptions)options).UseResponsesApi = true);
        var options = new ChatOptions
        {
            RawRepresentationFactory = _ => new CreateResponseOptions { ReasoningOptions = new ResponseReasoningOptions { ReasoningEffortLevel = effort } },
        };
        await IsHeldAsync(OpenAi, () => simulator.OpenAI.ChatRequests, options, streaming: true, least, "max_output_tokens");
    }

    [Theory]
    [InlineData("raw", true, 8_192)]
    [InlineData("raw", "medium", 4_096)]
    [InlineData("property", true, 8_192)]
    [InlineData("property", "high", 8_192)]
    [InlineData("property", "low", 2_048)]
    [InlineData("property", false, 1_024)]
    public async Task K8_OllamaIsNeverLoweredBelowWhatItIsToThink(string how, object think, long least)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        IChatClient Ollama() => RealClients.Create(simulator, SimulatedProvider.Ollama, "gateway-model");
        ChatOptions options = how == "property"
            ? new ChatOptions { AdditionalProperties = new() { ["think"] = think } }
            : new ChatOptions { RawRepresentationFactory = _ => new ChatRequest { Think = think is string word ? new ThinkValue(word) : new ThinkValue((bool)think) } };
        await IsHeldAsync(Ollama, () => simulator.Ollama.ChatRequests, options, streaming: false, least, "num_predict");
        Assert.Equal(JsonSerializer.Serialize(think), simulator.Ollama.ChatRequests.Single().Json.GetProperty("think").GetRawText());
    }

    [Fact]
    public async Task K8_ARawThinkingBudgetOfAnthropicIsReservedWithItsMaximum()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        IChatClient claude = RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-sonnet-4-5");
        var options = new ChatOptions
        {
            RawRepresentationFactory = _ => new MessageCreateParams { MaxTokens = 6_000, Messages = [], Model = "claude-sonnet-4-5", Thinking = new ThinkingConfigEnabled(4_000) },
        };
        using IChatClient poor = Budgeted(claude, 5_000 * 0.000015m);
        using IChatClient rich = Budgeted(claude, 7_000 * 0.000015m);

        await Assert.ThrowsAsync<BudgetExceededException>(() => poor.AskAsync(true, options: options));
        await rich.AskAsync(true, options: options);

        Assert.Equal(6_000, simulator.Anthropic.ChatRequests.Single().Json.GetProperty("max_tokens").GetInt64());
    }

    [Theory]
    [InlineData("thinking_budget", "3000", 4_024)]
    [InlineData("thinkingConfig", """{"thinkingBudget":3000}""", 4_024)]
    [InlineData("generationConfig", """{"thinkingConfig":{"thinkingBudget":-1}}""", 8_192)]
    [InlineData("reasoning", """{"effort":"medium"}""", 4_096)]
    [InlineData("reasoning_effort", "\"high\"", 8_192)]
    [InlineData("extra_body", """{"google":{"thinking_config":{"thinking_budget":3000}}}""", 4_024)]
    public async Task K8_AClientOfTheApplicationGetsWhatItsPropertiesSayOfThinking(string name, string json, long least)
    {
        // Dictionaries, elements and nodes say the same.
        object[] values = [JsonElement.Parse(json), JsonNode.Parse(json)!, Plain(JsonElement.Parse(json))];
        foreach (object value in values)
        {
            var provider = new ScriptedChatClient("gateway-model", "somebody") { Default = ScriptedReply.Text("done").WithUsage(10, 10) };
            var options = new ChatOptions { AdditionalProperties = new() { [name] = value } };
            using IChatClient poor = Budgeted(provider, (least - 100) * Output);
            using IChatClient enough = Budgeted(provider, (least + 300) * Output);

            await Assert.ThrowsAsync<BudgetExceededException>(() => poor.AskAsync(false, options: options));
            await enough.AskAsync(false, options: options);

            Assert.InRange(provider.Calls.Single().Options!.MaxOutputTokens!.Value, least, least + 300);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task M3_ALoopOfRawRequestsKeepsMoneyForTheMaximumThatTheyState(bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Default = SimulatedResponse.From(request => request.BodyText.Contains("\"tool_choice\":\"none\"", StringComparison.Ordinal)
            ? SimulatedResponse.Text("a closing answer").WithUsage(60, 10)
            : SimulatedResponse.ToolCall("look").WithUsage(50, 3_000));
        var tracker = new CostTracker([Budget.Daily("day", 20_000 * Output)], Prices);
        using IChatClient client = new ChatClientBuilder(RealClients.Create(simulator, SimulatedProvider.OpenAI, "gateway-model"))
            .UseFunctionInvocation().UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp).Build();
        var asked = new ChatOptions
        {
            Tools = [AIFunctionFactory.Create(() => "a result", "look")],
            RawRepresentationFactory = _ => new ChatCompletionOptions { MaxOutputTokenCount = 5_000 },
        };

        ChatResponse answer = await client.AskAsync(streaming, options: asked);

        Assert.Equal("a closing answer", answer.Text);
        Assert.Equal(MeaiBudgetFinishReasons.WrappedUp, answer.FinishReason);
    }

    private static PriceCatalog Prices => PriceCatalog.Default.With("gateway-model", ModelPrice.PerMillionTokens(0.1m, 2m));

    /// <summary>A budget that pays less than the least is refused; one that pays a little more is told to the provider.</summary>
    private static async Task IsHeldAsync(
        Func<IChatClient> create, Func<IReadOnlyList<SimulatedRequest>> requests, ChatOptions options, bool streaming, long least, string limit)
    {
        using IChatClient poor = Budgeted(create(), (least - 100) * Output);
        using IChatClient enough = Budgeted(create(), (least + 300) * Output);

        await Assert.ThrowsAsync<BudgetExceededException>(() => poor.AskAsync(streaming, options: options));
        Assert.Empty(requests());
        await enough.AskAsync(streaming, options: options);

        string body = requests().Single().BodyText;
        long sent = long.Parse(body[(body.IndexOf(limit, StringComparison.Ordinal) + limit.Length + 2)..].Split(',', '}')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(sent, least, least + 300);
    }

    private static object Plain(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().ToDictionary(property => property.Name, property => (object?)Plain(property.Value)),
        JsonValueKind.Number => json.GetInt32(),
        _ => json.ToString(),
    };

    private static IChatClient Budgeted(IChatClient inner, decimal limit) =>
        new ChatClientBuilder(inner).UseBudget(new CostTracker([Budget.Daily("day", limit)], Prices)).Build();
}
