using System.ComponentModel;
using System.Diagnostics;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace MeaiBudget.Tests;

/// <summary>The recommended order with the layers of Microsoft.Extensions.AI in it, and structured output, on the real SDKs.</summary>
public sealed class PipelineAppTests
{
    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    public static TheoryData<SimulatedProvider> Providers => RealPipeline.Providers;

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task D24_AHitOfTheDistributedCacheIsNoChargeNoRequestAndNoSpan(SimulatedProvider provider, bool streaming)
    {
        string source = "source-" + Guid.NewGuid();
        var spans = new List<Activity>();
        using TracerProvider tracers = Sdk.CreateTracerProviderBuilder().AddSource(source).AddInMemoryExporter(spans).Build();
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Enqueue(SimulatedResponse.Text("Rome.").WithUsage(120, 7));
        using IChatClient client = new ChatClientBuilder(new ChatClientBuilder(pipeline.PrimaryClient).UseOpenTelemetry(sourceName: source).Build())
            .UseDistributedCache(new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())))
            .UseFunctionInvocation()
            .UseRedactedLogging()
            .UseTokenEstimation()
            .UseBudget(pipeline.Tracker)
            .UseRetry()
            .UseFallback()
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse first = await client.AskAsync(streaming, "What is the capital of Italy?");
        ChatResponse second = await client.AskAsync(streaming, "What is the capital of Italy?");

        Assert.Equal(("Rome.", "Rome."), (first.Text, second.Text));
        Assert.Single(pipeline.Simulator.Requests);
        Assert.Single(capture.Receipts);
        Assert.False(second.TryGetReceipt(out _));
        Assert.Equal(0.000134m, (await pipeline.StatusAsync()).Spent);
        await pipeline.AssertBalancedAsync(settled: 1);
        Activity span = Assert.Single(spans, candidate => candidate.DisplayName.StartsWith("chat ", StringComparison.Ordinal));
        Assert.Equal((120, 7), (span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens")));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A9_StructuredOutputIsReservedAndSettled(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Enqueue(SimulatedResponse.Text("""{"name":"Rome","inhabitants":2750000}""").WithUsage(150, 20), SimulatedResponse.Text("Rome").WithUsage(100, 20));

        using ReceiptCapture capture = CallReceipts.Capture();
        ChatResponse<City> response = await pipeline.Client.GetResponseAsync<City>("What is the capital of Italy?");
        await pipeline.Client.GetResponseAsync("What is the capital of Italy?");

        Assert.Equal(new City("Rome", 2_750_000), response.Result);
        Assert.Equal(0.00033m, (await pipeline.StatusAsync()).Spent);
        Assert.Contains("inhabitants", pipeline.Simulator.Requests[0].BodyText, StringComparison.Ordinal);
        Assert.All(capture.Receipts, receipt => Assert.True(Assert.Single(receipt.Attempts).Reserved > receipt.Cost));
        await pipeline.AssertBalancedAsync(settled: 2);
    }

    public sealed record City([property: Description("In English.")] string Name, int Inhabitants);
}
