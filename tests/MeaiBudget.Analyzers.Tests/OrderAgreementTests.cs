using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MeaiBudget.Tests;

/// <summary>The compiler rejects what the library rejects when a pipeline is built: all orders of up to three of eight layers.</summary>
public sealed class OrderAgreementTests
{
    private static readonly string[] Layers =
    [
        "UseFunctionInvocation()",
        "UseDistributedCache(Cache)",
        "UseTokenEstimation()",
        "UseRedactedLogging(Loggers)",
        "UseLogging(Loggers)",
        "UseBudget(new CostTracker(Budget.Daily(\"day\", 1m)))",
        "UseRetry()",
        "UseFallback(OllamaChatClientFactory.Create(new() { ModelId = \"llama3.2\" }))",
    ];

    [Fact]
    public async Task EveryOrderIsJudgedAsItIsWhenThePipelineIsBuilt()
    {
        string[][] orders = [.. Orders(3)];
        var source = new StringBuilder("""
            public static class Pipelines
            {
                private static readonly IDistributedCache Cache = new Microsoft.Extensions.Caching.Distributed.MemoryDistributedCache(
                    Microsoft.Extensions.Options.Options.Create(new Microsoft.Extensions.Caching.Memory.MemoryDistributedCacheOptions()));
                private static readonly ILoggerFactory Loggers = LoggerFactory.Create(_ => { });

            """);
        for (int i = 0; i < orders.Length; i++)
        {
            source.Append($"    public static IChatClient Make{i}() => new ChatClientBuilder(OpenAIChatClientFactory.Create(new() {{ ApiKey = \"k\", ModelId = \"gpt-4.1\" }}))")
                .AppendJoin("", orders[i].Select(layer => "." + layer)).AppendLine(".Build();");
        }

        string text = source.Append('}').ToString();
        ImmutableArray<Diagnostic> found = await Analysis.FindAsync(text);
        Type pipelines = Load(Analysis.Compile(text));
        int rejected = 0;
        for (int i = 0; i < orders.Length; i++)
        {
            string[] reported = [.. found.Where(one => LineOf(one).Contains($" Make{i}()", StringComparison.Ordinal)).Select(one => one.Id).Distinct()];
            string? thrown = null;
            try
            {
                pipelines.GetMethod($"Make{i}")!.Invoke(null, null);
            }
            catch (TargetInvocationException exception) when (exception.InnerException is PipelineException rule)
            {
                thrown = rule.Id.Replace("MB0", "MB10", StringComparison.Ordinal);
                rejected++;
            }

            string order = string.Join(", ", orders[i]);
            Assert.True(thrown is null ? reported.Length == 0 : reported.Contains(thrown), $"{order}: thrown {thrown ?? "nothing"}, reported [{string.Join(", ", reported)}].");
        }

        Assert.True(rejected > 50, $"{rejected} orders were rejected.");

        string LineOf(Diagnostic one) => text.Split('\n')[one.Location.GetLineSpan().StartLinePosition.Line];
    }

    private static IEnumerable<string[]> Orders(int most) => most == 0
        ? [[]]
        : Orders(most - 1).SelectMany(shorter => Layers.Except(shorter).Select(layer => shorter.Append(layer).ToArray()).Prepend(shorter)).DistinctBy(order => string.Join('|', order));

    private static Type Load(CSharpCompilation compilation)
    {
        using var assembly = new MemoryStream();
        Assert.True(compilation.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken).Success);
        return Assembly.Load(assembly.ToArray()).GetType("Pipelines")!;
    }
}
