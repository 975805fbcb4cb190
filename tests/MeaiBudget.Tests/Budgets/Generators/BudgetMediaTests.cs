#pragma warning disable MEAI001 // Images and speech are experimental in Microsoft.Extensions.AI.
using Microsoft.Extensions.AI;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>Images and speech: priced, and refused where an enforcing budget cannot bound them.</summary>
public sealed class BudgetMediaTests
{
    /// <summary>A dollar a thousand tokens out; pictures and sound cost twice that.</summary>
    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With(
        "media", ModelPrice.PerMillionTokens(0m, 1_000m, inputAudio: 2_000m, outputAudio: 2_000m, outputImage: 2_000m));

    private static CostTracker Tracker(decimal? limit, Enforcement enforcement = Enforcement.Enforce) =>
        new([Budget.Daily("day", limit) with { Enforcement = enforcement }], Prices);

    private static UsageDetails Used(long input, long output) => new() { InputTokenCount = input, OutputTokenCount = output };

    private static IImageGenerator Images(UsageDetails? usage = null)
    {
        IImageGenerator images = Substitute.For<IImageGenerator>();
        images.GetService(typeof(ImageGeneratorMetadata), null).Returns(new ImageGeneratorMetadata("maker", null, "media"));
        images.GenerateAsync(default!, default, default).ReturnsForAnyArgs(new ImageGenerationResponse([new DataContent(new byte[] { 1 }, "image/png")]) { Usage = usage });
        return images;
    }

    private static ISpeechToTextClient Listener(UsageDetails? usage = null)
    {
        ISpeechToTextClient listener = Substitute.For<ISpeechToTextClient>();
        listener.GetService(typeof(SpeechToTextClientMetadata), null).Returns(new SpeechToTextClientMetadata("maker", null, "media"));
        listener.GetTextAsync(default!, default, default).ReturnsForAnyArgs(new SpeechToTextResponse("hello") { Usage = usage });
        listener.GetStreamingTextAsync(default!, default, default).ReturnsForAnyArgs(_ => Updates());
        return listener;

        async IAsyncEnumerable<SpeechToTextResponseUpdate> Updates()
        {
            yield return new SpeechToTextResponseUpdate("hel");
            await Task.Yield();
            yield return new SpeechToTextResponseUpdate("lo");
            if (usage is not null)
            {
                yield return new SpeechToTextResponseUpdate([new UsageContent(usage)]);
            }
        }
    }

    private static ITextToSpeechClient Speaker(UsageDetails? usage = null)
    {
        ITextToSpeechClient speaker = Substitute.For<ITextToSpeechClient>();
        speaker.GetService(typeof(TextToSpeechClientMetadata), null).Returns(new TextToSpeechClientMetadata("maker", null, "media"));
        speaker.GetAudioAsync(default!, default, default).ReturnsForAnyArgs(
            new TextToSpeechResponse([new DataContent(new byte[] { 1 }, "audio/wav")]) { Usage = usage });
        speaker.GetStreamingAudioAsync(default!, default, default).ReturnsForAnyArgs(_ => Updates());
        return speaker;

        async IAsyncEnumerable<TextToSpeechResponseUpdate> Updates()
        {
            yield return new TextToSpeechResponseUpdate([new DataContent(new byte[] { 1 }, "audio/wav")]);
            await Task.Yield();
            if (usage is not null)
            {
                yield return new TextToSpeechResponseUpdate([new UsageContent(usage)]);
            }
        }
    }

    private static async Task<decimal> SpentAsync(CostTracker tracker)
    {
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal(0m, status.Held);
        return status.Spent;
    }

    /// <summary>Calls one kind of generator, which reports 0 input and 100 output tokens by default.</summary>
    private static async Task AskAsync(string kind, CostTracker tracker, GeneratorBounds? bounds = null, UsageDetails? usage = null)
    {
        switch (kind)
        {
            case "image":
                await Images(usage).AsBuilder().UseBudget(tracker, bounds).Build().GenerateAsync(new ImageGenerationRequest("a cat"));
                break;
            case "transcript":
                Assert.Equal("hello", (await Listener(usage).AsBuilder().UseBudget(tracker, bounds).Build().GetTextAsync(Stream.Null)).Text);
                break;
            case "streamed transcript":
                List<SpeechToTextResponseUpdate> said = await Listener(usage).AsBuilder().UseBudget(tracker, bounds).Build().GetStreamingTextAsync(Stream.Null).ToListAsync();
                Assert.Equal("hello", string.Concat(said.Select(update => update.Text)));
                break;
            case "speech":
                Assert.Single((await Speaker(usage).AsBuilder().UseBudget(tracker, bounds).Build().GetAudioAsync("hello")).Contents);
                break;
            default:
                List<TextToSpeechResponseUpdate> spoken = await Speaker(usage).AsBuilder().UseBudget(tracker, bounds).Build().GetStreamingAudioAsync("hello").ToListAsync();
                Assert.Equal(usage is null ? 1 : 2, spoken.Count);
                break;
        }
    }

    public static TheoryData<string> Kinds => ["image", "transcript", "streamed transcript", "speech", "streamed speech"];

    [Theory, MemberData(nameof(Kinds))]
    public async Task A9_WhatCannotBeBoundedIsRefusedByAnEnforcingBudget(string kind)
    {
        CostTracker tracker = Tracker(1_000m);

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(kind, tracker));

        Assert.Equal(RefusalReason.UnboundedInput, thrown.Refusal.Reason);
        Assert.Contains(nameof(GeneratorBounds), thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0m, await SpentAsync(tracker));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A9_WithBoundsItIsReservedAndSettledAtThePriceOfItsKind(string kind)
    {
        CostTracker tracker = Tracker(10m);

        await AskAsync(kind, tracker, new GeneratorBounds { MaxInputTokens = 1_000, MaxOutputTokens = 1_000 }, Used(100, 100));

        // Pictures and sound out at two dollars a thousand; sound in at two, its transcript at one.
        Assert.Equal(kind.Contains("transcript", StringComparison.Ordinal) ? 0.3m : 0.2m, await SpentAsync(tracker));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task WhatMayNotFitIsRefusedByItsBound(string kind)
    {
        CostTracker tracker = Tracker(1m);

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(
            () => AskAsync(kind, tracker, new GeneratorBounds { MaxInputTokens = 1_000, MaxOutputTokens = 1_000 }));

        Assert.Equal(RefusalReason.Spent, thrown.Refusal.Reason);
        Assert.Equal(0m, await SpentAsync(tracker));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task ABudgetThatOnlyObservesLetsItPassAndCountsIt(string kind)
    {
        CostTracker tracker = Tracker(0.01m, Enforcement.Observe);

        await AskAsync(kind, tracker, usage: Used(0, 100));

        Assert.Equal(kind.Contains("transcript", StringComparison.Ordinal) ? 0.1m : 0.2m, await SpentAsync(tracker));
    }

    [Fact]
    public async Task EachImageIsReserved()
    {
        CostTracker tracker = Tracker(3.9m);
        using IImageGenerator images = Images(Used(0, 200)).AsBuilder().UseBudget(tracker, new GeneratorBounds { MaxOutputTokens = 1_000 }).Build();

        await images.GenerateAsync(new ImageGenerationRequest("a cat"), new ImageGenerationOptions { Count = 1 });
        await Assert.ThrowsAsync<BudgetExceededException>(() => images.GenerateAsync(new ImageGenerationRequest("a cat"), new ImageGenerationOptions { Count = 2 }));

        Assert.Equal(0.4m, await SpentAsync(tracker));
        Assert.NotNull(images.GetService<ImageGeneratorMetadata>());
    }

    [Fact]
    public async Task AnOriginalImageNeedsABoundOfItsOwn()
    {
        CostTracker tracker = Tracker(100m);
        using IImageGenerator images = Images().AsBuilder().UseBudget(tracker, new GeneratorBounds { MaxOutputTokens = 1_000 }).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(
            () => images.GenerateAsync(new ImageGenerationRequest("a cat", [new DataContent(new byte[] { 1 }, "image/png")])));
    }
}
