using Anthropic;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Retries of an SDK below a pipeline are detected on the wire, at any position of this library's HTTP handler.</summary>
public sealed class NestedRetryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F1_OneAttemptThatMadeSeveralRequestsIsWarnedOfOnceWithTheLineToChange(bool withClassifier)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Anthropic.Default = SimulatedResponse.ServerError();
        using var http = new HttpClient(new WireObservationHandler(new SocketsHttpHandler()));
        using var sdk = new AnthropicClient { ApiKey = "sk-ant-test", BaseUrl = simulator.AnthropicBaseUrl.ToString().TrimEnd('/'), HttpClient = http, MaxRetries = 1 };
        IChatClient provider = sdk.AsIChatClient("claude-haiku-4-5", 1_024);
        var log = new FakeLogCollector();
        await using ServiceProvider services = new ServiceCollection().AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(log)])).BuildServiceProvider();
        using IChatClient client = new ChatClientBuilder(withClassifier ? provider.WithAnthropicProvider() : provider)
            .UseRetry(new RetryOptions { MaxRetries = 0 }).Build(services);

        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("hello"));
        }

        Assert.Equal(4, simulator.Requests.Count);
        FakeLogRecord warning = Assert.Single(log.GetSnapshot(), record => record.Id.Name == "NestedRetry");
        Assert.Contains("made 2 HTTP requests", warning.Message, StringComparison.Ordinal);
        Assert.Contains("new AnthropicClient { MaxRetries = 0 }", warning.Message, StringComparison.Ordinal);
    }
}
