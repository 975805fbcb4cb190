using Anthropic;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>The rule MB008: a warning while the pipeline is built if the SDK client retries requests.</summary>
public sealed class SdkRetriesTests
{
    [Fact]
    public void AnSdkThatRetriesByItselfIsWarnedAboutOnceARoute()
    {
        string[] warnings = WarningsOf(new AnthropicClient { ApiKey = "sk-any" }.AsIChatClient("claude-haiku-4-5").WithAnthropicProvider());

        Assert.Equal(2, warnings.Length);
        Assert.All(warnings, warning => Assert.Contains("is set to retry 2 times, and budgets do not see its retries. Disable them: new AnthropicClient { MaxRetries = 0 }.", warning, StringComparison.Ordinal));
        Assert.StartsWith("MB008: the client of route anthropic/claude-haiku-4-5 ", warnings[0], StringComparison.Ordinal);
        Assert.StartsWith("MB008: the client of route second ", warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public void AnSdkWhoseRetriesAreOffIsNot()
    {
        Assert.Empty(WarningsOf(new AnthropicClient { ApiKey = "sk-any", MaxRetries = 0 }.AsIChatClient("claude-haiku-4-5").WithAnthropicProvider()));
        Assert.Empty(WarningsOf(AnthropicChatClientFactory.Create(new AnthropicChatClientOptions { ApiKey = "sk-any", ModelId = "claude-haiku-4-5" })));
    }

    private static string[] WarningsOf(IChatClient client)
    {
        var log = new FakeLogCollector();
        using ServiceProvider services = new ServiceCollection().AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(log)])).BuildServiceProvider();
        using IChatClient pipeline = new ChatClientBuilder(client)
            .UseRedactedLogging().UseBudget(Budget.Daily("day", 1m)).UseRetry().UseFallback([new ChatRoute("second", client)]).Build(services);
        return [.. log.GetSnapshot().Where(record => record.Id.Name == "SdkRetries").Select(record => record.Message)];
    }
}
