using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What goes over the wire: the caller's request and nothing else, temperatures and model names as set.</summary>
public sealed class WireTests
{
    private static readonly string[] HeadersOfTheConnection = ["traceparent", "tracestate", "Connection"];

    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    public static TheoryData<SimulatedProvider> Providers => RealPipeline.Providers;

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task TheBytesWithAllLayersAreThoseWithoutAny(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, limit: 1_000_000m);
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Be brief."),
            new(ChatRole.User, "Grüße, Zürich! 你好 👋"),
            new(ChatRole.Assistant, "Hello."),
            new(ChatRole.User, [new TextContent("And now?")]),
        ];
        ChatOptions?[] all =
        [
            null,
            new(),
            new() { Temperature = 0f, MaxOutputTokens = 77, StopSequences = ["END"], Instructions = "Say no more." },
            new() { Tools = [AIFunctionFactory.Create((string city) => city, "weather", "Tells the weather.")], ToolMode = ChatToolMode.Auto },
        ];

        foreach (ChatOptions? options in all)
        {
            await pipeline.PrimaryClient.AskAsync(streaming, messages, options);
            await pipeline.Client.AskAsync(streaming, messages, options);
            SimulatedRequest[] pair = [.. pipeline.Simulator.Requests.TakeLast(2)];

            Assert.Equal(pair[0].BodyText, pair[1].BodyText);
            Assert.True(pair[0].Body.Span.SequenceEqual(pair[1].Body.Span));
            Assert.Equal((pair[0].Method, pair[0].Path), (pair[1].Method, pair[1].Path));
            Assert.Equal(HeadersOf(pair[0]), HeadersOf(pair[1]));
        }
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task TheOutputBoundIsSentOnlyWhereTheBudgetNeedsItLower(SimulatedProvider provider, bool streaming)
    {
        // Two dollars a million: 0.004 pays about 2,000 output tokens.
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, limit: 0.004m);

        await pipeline.Client.AskAsync(streaming);

        JsonElement body = Assert.Single(pipeline.Simulator.Requests).Json;
        int? sent = provider switch
        {
            SimulatedProvider.Ollama => Number(body.GetProperty("options"), "num_predict"),
            SimulatedProvider.Anthropic => Number(body, "max_tokens"),
            _ => Number(body, "max_completion_tokens") ?? Number(body, "max_tokens"),
        };

        // Anthropic's SDK sends 1,024 by itself, which fits.
        Assert.NotNull(sent);
        Assert.InRange(sent.Value, provider == SimulatedProvider.Anthropic ? 1_024 : 1_500, provider == SimulatedProvider.Anthropic ? 1_024 : 2_000);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task TheDefaultTemperatureIsThreeTenthsAndAnExplicitZeroStaysZero(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);

        await pipeline.Client.AskAsync(streaming);
        await pipeline.Client.AskAsync(streaming, options: new ChatOptions { Temperature = 0f });
        await pipeline.Client.AskAsync(streaming, options: new ChatOptions { Temperature = 0.9f });

        Assert.Equal([0.3, 0.0, 0.9], pipeline.Simulator.Requests.Select(request => Math.Round(TemperatureOf(request), 6)));
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task TwoRunsAtTemperatureZeroCompareEqual(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        var options = new ChatOptions { Temperature = 0f };

        ChatResponse first = await pipeline.Client.AskAsync(streaming, options: options);
        ChatResponse second = await pipeline.Client.AskAsync(streaming, options: options);

        Assert.Equal(first.Text, second.Text);
        Assert.Equal(pipeline.Simulator.Requests[0].BodyText, pipeline.Simulator.Requests[1].BodyText);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task ALogicalModelNameBecomesEachProvidersOwn(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        IChatClient mapped = pipeline.CreateClient(provider, "default-model", options => options.ModelMap["smart"] = RealPipeline.PrimaryModel);
        IChatClient alternate = pipeline.CreateClient(pipeline.AlternateProvider, "default-model");
        using IChatClient client = new ChatClientBuilder(mapped)
            .UseBudget(pipeline.Tracker)
            .UseFallback([new ChatRoute("second", alternate) { ModelMap = new Dictionary<string, string> { ["smart"] = RealPipeline.AlternateModel } }])
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        pipeline.Primary.Enqueue(SimulatedResponse.Text("one"), SimulatedResponse.ServerError());

        await client.AskAsync(streaming, options: new ChatOptions { ModelId = "smart" });
        await client.AskAsync(streaming, options: new ChatOptions { ModelId = "smart" });

        Assert.Equal(
            [RealPipeline.PrimaryModel, RealPipeline.PrimaryModel, RealPipeline.AlternateModel],
            pipeline.Simulator.Requests.Select(request => request.Model));
        Assert.All(capture.Receipts, receipt => Assert.Equal("smart", receipt.RequestedModelId));
        Assert.Equal(RealPipeline.AlternateModel, capture.Receipts[1].Answer?.ModelId);
        await pipeline.AssertBalancedAsync(settled: 2);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task EveryOptionReachesTheProviderInItsOwnWords(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        var options = new ChatOptions { Instructions = "Answer in rhyme.", Temperature = 0.5f, MaxOutputTokens = 321, StopSequences = ["HALT"] };

        await pipeline.Client.AskAsync(streaming, options: options);

        SimulatedRequest request = Assert.Single(pipeline.Simulator.Requests);
        JsonElement settings = provider == SimulatedProvider.Ollama ? request.Json.GetProperty("options") : request.Json;
        (string bound, string stop) = provider switch
        {
            SimulatedProvider.Ollama => ("num_predict", "stop"),
            SimulatedProvider.Anthropic => ("max_tokens", "stop_sequences"),
            _ => ("max_completion_tokens", "stop"),
        };
        Assert.Equal(321, Number(settings, bound));
        Assert.Equal("HALT", Assert.Single(settings.GetProperty(stop).EnumerateArray()).GetString());
        Assert.Equal(0.5, TemperatureOf(request), 6);
        Assert.Contains("Answer in rhyme.", request.BodyText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task TagsStayAtHome(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);

        await pipeline.Client.AskAsync(streaming: false, options: new ChatOptions { AdditionalProperties = new() { ["tenant"] = "a-secret-customer" } });

        Assert.DoesNotContain("a-secret-customer", Assert.Single(pipeline.Simulator.Requests).BodyText, StringComparison.Ordinal);
    }

    private static double TemperatureOf(SimulatedRequest request) =>
        (request.Provider == SimulatedProvider.Ollama ? request.Json.GetProperty("options") : request.Json).GetProperty("temperature").GetDouble();

    private static int? Number(JsonElement body, string name) => body.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : null;

    private static IEnumerable<string> HeadersOf(SimulatedRequest request) => request.Headers
        .Where(header => !HeadersOfTheConnection.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
        .Select(header => $"{header.Key}: {header.Value}");
}
