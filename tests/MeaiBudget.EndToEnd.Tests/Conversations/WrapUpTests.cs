using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models.Chat;

namespace MeaiBudget.Tests;

/// <summary>A tool loop whose budget is used up ends with an answer, at every provider.</summary>
public sealed class WrapUpTests
{
    public static TheoryData<string, bool> Clients
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in new[] { "OpenAI", "OpenAI Responses", "Anthropic", "LiteLLM", "Ollama", "OllamaSharp", "Ollama raw tools" })
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task M3_TheClosingAnswerCallsNoTools(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        (ProviderScript script, IChatClient inner) = Create(simulator, kind);
        script.Default = SimulatedResponse.From(request => MayCallTools(request.Json)
            ? SimulatedResponse.ToolCall("look").WithUsage(50, 10)
            : SimulatedResponse.Text("a closing answer").WithUsage(60, 10));
        var tracker = new CostTracker(
            [Budget.Daily("day", null) with { RequestLimit = 4 }], PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(0m, 0m)));
        using IChatClient client = new ChatClientBuilder(inner)
            .UseFunctionInvocation().UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp).Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => "a result", "look")], MaxOutputTokens = 300 };
        if (kind == "Ollama raw tools")
        {
            options.RawRepresentationFactory = _ => new ChatRequest { Tools = [new Tool { Function = new Function { Name = "look", Description = "Looks." } }] };
        }

        ChatResponse answer = await client.AskAsync(streaming, options: options);

        Assert.Equal("a closing answer", answer.Text);
        Assert.Equal(MeaiBudgetFinishReasons.WrappedUp, answer.FinishReason);
        Assert.Equal(4, script.ChatRequests.Count);
        Assert.True(MayCallTools(script.ChatRequests[2].Json));
    }

    [Theory]
    [InlineData("Anthropic", "low")]
    [InlineData("OpenAI", "low")]
    public async Task M3_TheClosingAnswerOfAThinkingModelHasRoomForItsThinking(string kind, string effort)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        (ProviderScript script, IChatClient inner) = Create(simulator, kind, "gpt-5-mini");
        script.Default = SimulatedResponse.From(request => MayCallTools(request.Json)
            ? SimulatedResponse.ToolCall("look").WithUsage(50, 10)
            : SimulatedResponse.Text("a closing answer").WithUsage(60, 10));
        var tracker = new CostTracker([Budget.Daily("day", 1m) with { RequestLimit = 3 }]);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseFunctionInvocation().UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp).Build();

        ChatResponse answer = await client.AskAsync(false, options: new ChatOptions
        {
            Tools = [AIFunctionFactory.Create(() => "a result", "look")],
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High },
        });

        Assert.Equal("a closing answer", answer.Text);
        string closing = script.ChatRequests[^1].BodyText;
        Assert.Contains($"\"{effort}\"", closing, StringComparison.Ordinal);
        Assert.Contains(kind == "Anthropic" ? "\"max_tokens\":2048" : "\"max_completion_tokens\":32768", closing, StringComparison.Ordinal);
    }

    private static (ProviderScript Script, IChatClient Client) Create(ProviderSimulator simulator, string kind, string openAIModel = "gpt-4.1-mini") => kind switch
    {
        "Anthropic" => (simulator.Anthropic, RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-haiku-4-5")),
        "LiteLLM" => (simulator.LiteLLM, RealClients.Create(simulator, SimulatedProvider.LiteLLM, openAIModel)),
        "OllamaSharp" => (simulator.Ollama, new OllamaApiClient(simulator.OllamaBaseUrl, "llama3.2")),
        "Ollama" or "Ollama raw tools" => (simulator.Ollama, RealClients.Create(simulator, SimulatedProvider.Ollama, "llama3.2")),
        _ => (simulator.OpenAI, RealClients.Create(
            simulator, SimulatedProvider.OpenAI, openAIModel, options => ((OpenAIChatClientOptions)options).UseResponsesApi = kind == "OpenAI Responses")),
    };

    /// <summary>True if the request offers tools and does not forbid to call them.</summary>
    private static bool MayCallTools(JsonElement request)
    {
        if (!request.TryGetProperty("tools", out JsonElement tools) || tools.ValueKind != JsonValueKind.Array || tools.GetArrayLength() == 0)
        {
            return false;
        }

        string choice = request.TryGetProperty("tool_choice", out JsonElement chosen) ? chosen.GetRawText() : "";
        return !choice.Contains("none", StringComparison.Ordinal);
    }
}
