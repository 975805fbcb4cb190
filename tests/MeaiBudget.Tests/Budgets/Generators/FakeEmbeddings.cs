using Microsoft.Extensions.AI;
using NSubstitute;
using NSubstitute.Core;

namespace MeaiBudget.Tests;

/// <summary>A substitute for an embedding generator of OpenAI's small model, at a hundred dollars a million tokens: a thousand tokens are ten cents.</summary>
internal static class FakeEmbeddings
{
    public const string Model = "text-embedding-3-small";

    public static PriceCatalog Prices { get; } = PriceCatalog.Empty.With(Model, ModelPrice.PerMillionTokens(100m, 100m));

    /// <summary>A text of so many tokens of that model.</summary>
    public static string Text(int tokens) => string.Join(' ', Enumerable.Repeat("hello", tokens));

    public static IEmbeddingGenerator<string, Embedding<float>> Create(Func<CallInfo, Task<GeneratedEmbeddings<Embedding<float>>>>? answer = null)
    {
        IEmbeddingGenerator<string, Embedding<float>> generator = Substitute.For<IEmbeddingGenerator<string, Embedding<float>>>();
        generator.GetService(typeof(EmbeddingGeneratorMetadata), null).Returns(new EmbeddingGeneratorMetadata("openai", new Uri("https://api.openai.com"), Model));
        generator.GenerateAsync(default!, default, default).ReturnsForAnyArgs(answer ?? (call => Task.FromResult(Vectors(call, inputTokens: 1_000))));
        return generator;
    }

    public static GeneratedEmbeddings<Embedding<float>> Vectors(CallInfo call, long? inputTokens) =>
        new(call.Arg<IEnumerable<string>>().Select(_ => new Embedding<float>(new float[] { 1, 0 }) { ModelId = Model }))
        {
            Usage = inputTokens is null ? null : new UsageDetails { InputTokenCount = inputTokens, TotalTokenCount = inputTokens },
        };

    public static IEmbeddingGenerator<string, Embedding<float>> Under(this IEmbeddingGenerator<string, Embedding<float>> generator, CostTracker? tracker, Action<BudgetOptions>? configure = null) =>
        generator.AsBuilder().UseBudget(tracker, configure).Build();
}
