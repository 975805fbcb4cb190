using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

public sealed class PipelinePriceTests
{
    private readonly FakeLogCollector _logs = new();
    private readonly PriceCatalog _catalog = PriceCatalog.Empty.With("known", ModelPrice.PerMillionTokens(1m, 2m)).With("named", ModelPrice.PerMillionTokens(1m, 2m));

    [Fact]
    public void EveryRoutesModelWithoutAPriceIsReportedWhenThePipelineIsBuiltWithTheLineToAdd()
    {
        ChatRoute[] routes =
        [
            new("mapped", new ScriptedChatClient("known")) { ModelId = "known", ModelMap = new Dictionary<string, string> { ["smart"] = "nobody-knows", ["named"] = "also-unknown" } },
            new("own", new ScriptedChatClient("known")) { ModelId = "mystery" },
            new("mine", new ScriptedChatClient("llama-mine")) { IsLocal = true },
            new("ollama", new ScriptedChatClient("llama-local", "ollama", new Uri("http://localhost:11434"))),
            new("cloud", new ScriptedChatClient("big:cloud", "ollama", new Uri("http://localhost:11434"))),
        ];

        Build(new ScriptedChatClient("default-unknown"), Budget.Daily("day", 1m), builder => builder.UseFallback(routes)).Dispose();

        FakeLogRecord[] reported = Reported();
        Assert.Equal(["default-unknown", "nobody-knows", "mystery", "big:cloud"], reported.Select(record => record.GetStructuredStateValue("Model")));
        Assert.Equal(["scripted/default-unknown", "mapped", "own", "cloud"], reported.Select(record => record.GetStructuredStateValue("Route")));
        Assert.All(reported, record => Assert.Equal((LogLevel.Warning, 202), (record.Level, record.Id.Id)));
        Assert.Contains("Budget 'day' will refuse", reported[2].Message, StringComparison.Ordinal);
        Assert.Contains("catalog = catalog.With(\"mystery\", ModelPrice.PerMillionTokens(", reported[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFactorysModelMapIsLookedThrough()
    {
        var options = new ScriptedOptions { ModelId = "known" };
        options.ModelMap["smart"] = "nobody-knows";
        options.ModelMap["fast"] = "known";
        var client = new ProviderChatClient(new ScriptedChatClient("known"), new ProviderClientSetup(options, "Scripted", "known", defaultBaseUrl: "http://localhost"));

        Build(client, Budget.Daily("day", 1m)).Dispose();

        Assert.Equal("nobody-knows", Assert.Single(Reported()).GetStructuredStateValue("Model"));
    }

    [Fact]
    public void WhatNoBudgetWouldRefuseIsNotReported()
    {
        Budget[] budgets =
        [
            Budget.Daily("day", 1m) with { Enforcement = Enforcement.Observe },
            Budget.Daily("day", 1m) with { Enforcement = Enforcement.Warn },
            Budget.Daily("day", null),
            Budget.Daily("day", 1m) with { UnknownPriceBehavior = UnknownPriceBehavior.AllowUnpriced },
            Budget.Daily("day", 1m) with { UnknownPriceBehavior = UnknownPriceBehavior.AssumePrice(ModelPrice.PerMillionTokens(1m, 1m)) },
        ];
        foreach (Budget budget in budgets)
        {
            Build(new ScriptedChatClient("mystery"), budget).Dispose();
        }

        Assert.Empty(Reported());
    }

    private IChatClient Build(IChatClient primary, Budget budget, Action<ChatClientBuilder>? configure = null)
    {
        ServiceProvider services = new ServiceCollection().AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(_logs))).BuildServiceProvider();
        ChatClientBuilder builder = new ChatClientBuilder(primary).UseBudget(new CostTracker([budget], _catalog));
        configure?.Invoke(builder);
        return builder.Build(services);
    }

    private FakeLogRecord[] Reported() => [.. _logs.GetSnapshot().Where(record => record.Id.Name == "BudgetPriceUnknown")];

    private sealed class ScriptedOptions : ProviderClientOptions;
}
