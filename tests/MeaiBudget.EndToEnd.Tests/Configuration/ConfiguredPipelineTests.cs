using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Tests;

/// <summary>From the text of an appsettings.json to answered, substituted and refused calls.</summary>
public sealed class ConfiguredPipelineTests
{
    private const string Settings = """
        {
          "MeaiBudget": {
            "DefaultModel": "smart",
            "Providers": {
              "openai": { "Type": "OpenAI" },
              "anthropic": { "Type": "Anthropic" },
              "ollama": { "Type": "Ollama", "ContextLength": 16384 }
            },
            "Routes": {
              "gpt": { "Provider": "openai", "Model": "gpt-4.1" },
              "claude": { "Provider": "anthropic", "Model": "claude-haiku-4-5" },
              "mini": { "Provider": "openai", "Model": "gpt-4.1-mini" },
              "llama": { "Provider": "ollama", "Model": "llama3.2" }
            },
            "Classes": { "large": [ "gpt", "claude" ] },
            "Models": {
              "smart": { "Class": "large" },
              "fast": { "Route": "mini", "Fallback": [ "smart" ] },
              "alone": { "Route": "gpt", "Fallback": [] }
            },
            "Budgets": { "day": { "Period": "Day", "Limit": 5, "TimeZone": "Europe/Berlin" } },
            "Retry": { "MaxRetries": 1, "BaseDelay": "00:00:00", "MaxDelay": "00:00:00" }
          }
        }
        """;

    [Theory, InlineData(false), InlineData(true)]
    public async Task TheUnkeyedClientAsksTheDefaultModelWithTheDefaultTemperature(bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);

        CallReceipt receipt = await AskAsync(app.Client, isStreaming);

        Assert.Equal(("smart", "gpt", "gpt-4.1"), (receipt.RequestedModelId, receipt.Answer?.Route, receipt.Answer?.ModelId));
        SimulatedRequest request = Assert.Single(app.Simulator.OpenAI.ChatRequests);
        Assert.Equal(0.3, request.Json.GetProperty("temperature").GetDouble(), 3);
        Assert.Equal(receipt.Cost, (await app.Tracker.GetStatusAsync("day")).Spent);
        Assert.True(receipt.Cost > 0m);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AKeyedClientAsksItsModel(bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);

        Assert.Equal("mini", (await AskAsync(app.ClientFor("fast"), isStreaming)).Answer?.Route);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AnyClientAsksTheModelThatARequestNames(bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);

        Assert.Equal("mini", (await AskAsync(app.Client, "fast", isStreaming)).Answer?.Route);
        Assert.Equal("gpt", (await AskAsync(app.ClientFor("fast"), "smart", isStreaming)).Answer?.Route);
        Assert.Equal(["gpt-4.1-mini", "gpt-4.1"], app.Simulator.OpenAI.ChatRequests.Select(request => request.Model));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AModelFallsBackToItsClassAndThenToWhatIsLocal(bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        app.Simulator.OpenAI.Default = SimulatedResponse.Error(503);

        Assert.Equal("claude", (await AskAsync(app.Client, isStreaming)).Answer?.Route);

        app.Simulator.Anthropic.Default = SimulatedResponse.Error(503);
        CallReceipt receipt = await AskAsync(app.Client, isStreaming);

        Assert.Equal(("llama", 0m), (receipt.Answer?.Route, receipt.Cost));
    }

    [Fact]
    public async Task AModelNamedInAFallbackBringsItsOwn()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        app.Simulator.OpenAI.Default = SimulatedResponse.Error(503);

        CallReceipt receipt = await AskAsync(app.ClientFor("fast"), false);

        Assert.Equal(["mini", "gpt", "claude"], receipt.Attempts.Select(attempt => attempt.Route).Distinct());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task ABudgetRefusesWhatDoesNotFitAndTheLocalModelAnswers(bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings.Replace("\"Limit\": 5", "\"Limit\": 0.0001", StringComparison.Ordinal));

        CallReceipt receipt = await AskAsync(app.Client, isStreaming);
        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(app.ClientFor("alone"), isStreaming));

        Assert.Equal("llama", receipt.Answer?.Route);
        Assert.Equal("day", refused.Refusal.Budget);
        Assert.Empty(app.Simulator.OpenAI.ChatRequests);
    }

    [Fact]
    public async Task ALoweredLimitIsInForceAtTheNextCallAndWhatWasSpentStays()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        decimal spent = (await AskAsync(app.ClientFor("alone"), false)).Cost;

        app.Change(Settings.Replace("\"Limit\": 5", "\"Limit\": 0.0001", StringComparison.Ordinal));

        await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(app.ClientFor("alone"), false));
        BudgetStatus status = await app.Tracker.GetStatusAsync("day");
        Assert.Equal((0.0001m, spent), (status.Limit, status.Spent));
    }

    [Fact]
    public async Task APriceOfOnesOwnIsInForceAtTheNextCall()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        app.Simulator.OpenAI.Default = SimulatedResponse.Text("Rome").WithUsage(1_000_000, 1);
        Assert.Equal(2.000008m, (await AskAsync(app.Client, false)).Cost);

        app.Change(Settings.Replace("\"Budgets\"", "\"Prices\": { \"gpt-4.1\": { \"Input\": 1, \"Output\": 4 } }, \"Budgets\"", StringComparison.Ordinal));

        Assert.Equal(1.000004m, (await AskAsync(app.Client, false)).Cost);
        Assert.Equal(1m, app.Services.GetRequiredService<PriceCatalog>().Resolve("gpt-4.1").Price?.InputPerMillion);
    }

    [Fact]
    public async Task ABadReloadIsLoggedWholeAndChangesNothing()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        await AskAsync(app.Client, false);

        app.Change(Settings
            .Replace("\"Limit\": 5", "\"Limit\": \"4 USD\"", StringComparison.Ordinal)
            .Replace("Europe/Berlin", "Europe/Berln", StringComparison.Ordinal));

        Assert.Equal(5m, (await app.Tracker.GetStatusAsync("day")).Limit);
        string logged = Assert.Single(app.Log.GetSnapshot(), record => record.Id.Id == 602).Message;
        Assert.Contains("MeaiBudget:Budgets:day:Limit: '4 USD' is not a number. Write 4,", logged, StringComparison.Ordinal);
        Assert.Contains("MeaiBudget:Budgets:day:TimeZone: there is no time zone 'Europe/Berln'. Did you mean 'Europe/Berlin'?", logged, StringComparison.Ordinal);

        app.Change(Settings.Replace("\"Limit\": 5", "\"Limit\": 4", StringComparison.Ordinal));
        Assert.Equal(4m, (await app.Tracker.GetStatusAsync("day")).Limit);
    }

    [Fact]
    public async Task APipelineOfOnesOwnTakesTheConfiguredPartsWithoutArguments()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        using var own = new ScriptedChatClient();
        own.Enqueue(new HttpRequestException("down", null, System.Net.HttpStatusCode.ServiceUnavailable));
        IChatClient client = new ChatClientBuilder(own).UseTokenEstimation().UseBudget().UseRetry().UseFallback().Build(app.Services);

        CallReceipt receipt = await AskAsync(client, false);

        Assert.Equal("gpt", receipt.Answer?.Route);
        Assert.Same(app.Tracker, client.GetService<CostTracker>());
        Assert.Equal(["gpt", "claude", "llama", "mini"], app.Services.GetServices<ChatRoute>().Select(route => route.Name));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("fast", false)]
    [InlineData("fast", true)]
    public async Task ABudgetAroundAConfiguredClientAdmitsEveryAttemptOfWhicheverModel(string? model, bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        var tenant = new CostTracker(Budget.Daily("tenant", 1m));
        IChatClient client = new ChatClientBuilder(app.Client).UseBudget(tenant).Build(app.Services);
        app.Simulator.OpenAI.Enqueue(SimulatedResponse.Error(503));

        CallReceipt receipt = await AskAsync(client, new ChatOptions { ModelId = model }, isStreaming);

        BudgetStatus status = await tenant.GetStatusAsync("tenant");
        Assert.Equal((receipt.Cost, 0m), (status.Spent, status.Held));
        Assert.True(receipt.Answer?.Reserved > 0m);
        Assert.Equal(2, receipt.Attempts.Count);
        Assert.DoesNotContain(app.Log.GetSnapshot(), record => record.Id.Name == "SlippedPast");

        await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(
            new ChatClientBuilder(app.Client).UseBudget(Budget.Daily("nothing", 0m)).Build(), "alone", isStreaming));
    }

    [Fact]
    public async Task ACacheAboveTheLayersCostsNothingOnAHit()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings, builder => builder.ConfigurePipeline(pipeline =>
            pipeline.UseDistributedCache(new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())))));
        decimal cost = (await AskAsync(app.Client, false)).Cost;

        using ReceiptCapture capture = CallReceipts.Capture();
        await app.Client.GetResponseAsync("Which city is the capital of Italy?");

        Assert.Empty(capture.Receipts);
        Assert.Equal(cost, (await app.Tracker.GetStatusAsync("day")).Spent);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task TheHttpTrafficIsLoggedWhereItIsAskedForAndNoKeyWithIt(bool isStreaming)
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(
            Settings.Replace("\"Retry\"", "\"Logging\": { \"Http\": true, \"HttpBodies\": \"Redacted\" }, \"Retry\"", StringComparison.Ordinal));
        await AskAsync(app.Client, isStreaming);

        Assert.Contains("/chat/completions", Assert.Single(app.Log.GetSnapshot(), record => record.Id.Name == "HttpExchanged").Message, StringComparison.Ordinal);
        Assert.Contains("the capital of Italy", Assert.Single(app.Log.GetSnapshot(), record => record.Id.Name == "HttpBodies").Message, StringComparison.Ordinal);
        Assert.DoesNotContain(app.Log.GetSnapshot(), record => record.ToString().Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AKeyInTheSettingsFileIsWarnedAboutWithoutBeingRepeated()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(
            Settings.Replace("\"Type\": \"OpenAI\"", $"\"Type\": \"OpenAI\", \"ApiKey\": \"{ConfiguredApplication.Key}\"", StringComparison.Ordinal));
        await AskAsync(app.Client, false);

        string warning = Assert.Single(app.Log.GetSnapshot(), record => record.Id.Name == "KeyInFile").Message;
        Assert.StartsWith("The API key at 'MeaiBudget:Providers:openai:ApiKey' is stored in the application's settings file.", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(app.Log.GetSnapshot(), record => record.ToString().Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoKeyIsInAnyLogOrText()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings);
        app.Simulator.OpenAI.Default = SimulatedResponse.Error(401);
        await AskAsync(app.Client, false);

        Assert.NotEmpty(app.Log.GetSnapshot());
        Assert.DoesNotContain(app.Log.GetSnapshot(), record => record.ToString().Contains("canary", StringComparison.Ordinal));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task LayersOfOnesOwnStandAboveAndBelow(bool isStreaming)
    {
        var order = new List<string>();
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync(Settings, builder => builder
            .ConfigurePipeline(pipeline => pipeline.UseFunctionInvocation().ConfigureOptions(_ => order.Add("above")))
            .ConfigureRoutes((client, route) => client.ConfigureOptions(options => order.Add($"{route} asks {options.ModelId}"))));
        app.Simulator.OpenAI.Enqueue(SimulatedResponse.ToolCall("now", "{}"));
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => "noon", "now")] };

        using ReceiptCapture capture = CallReceipts.Capture();
        _ = isStreaming
            ? await app.Client.GetStreamingResponseAsync("What time is it?", options).ToChatResponseAsync()
            : await app.Client.GetResponseAsync("What time is it?", options);

        Assert.Equal(["above", "gpt asks gpt-4.1", "above", "gpt asks gpt-4.1"], order);
        Assert.Equal(2, capture.Receipts.Count);
        Assert.Equal(capture.Receipts.Sum(receipt => receipt.Cost), (await app.Tracker.GetStatusAsync("day")).Spent);
    }

    private static Task<CallReceipt> AskAsync(IChatClient client, string model, bool isStreaming) =>
        AskAsync(client, new ChatOptions { ModelId = model }, isStreaming);

    private static async Task<CallReceipt> AskAsync(IChatClient client, bool isStreaming) => await AskAsync(client, (ChatOptions?)null, isStreaming);

    private static async Task<CallReceipt> AskAsync(IChatClient client, ChatOptions? options, bool isStreaming)
    {
        using ReceiptCapture capture = CallReceipts.Capture();
        if (isStreaming)
        {
            await client.GetStreamingResponseAsync("Which city is the capital of Italy?", options).ToChatResponseAsync();
        }
        else
        {
            await client.GetResponseAsync("Which city is the capital of Italy?", options);
        }

        return Assert.Single(capture.Receipts);
    }
}
