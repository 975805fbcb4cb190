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
        using HttpClient http = ChatWireHandler.CreateClient();
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

    [Fact]
    public async Task F1_ARetryOfAHandlerIsWarnedOfAsSuch()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Anthropic.Default = SimulatedResponse.ServerError();
        IChatClient provider = AnthropicChatClientFactory.Create(new()
        {
            ApiKey = "sk-ant-test",
            BaseUrl = simulator.AnthropicBaseUrl.ToString(),
            ModelId = "claude-haiku-4-5",
            HttpMessageHandler = new RepeatingHandler { InnerHandler = new SocketsHttpHandler() },
        });
        var log = new FakeLogCollector();
        await using ServiceProvider services = new ServiceCollection().AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(log)])).BuildServiceProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRetry(new RetryOptions { MaxRetries = 0 }).Build(services);

        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("hello"));

        FakeLogRecord warning = Assert.Single(log.GetSnapshot(), record => record.Id.Name == "NestedRetry");
        Assert.Equal("An HTTP handler", warning.GetStructuredStateValue("Layer"));
    }

    /// <summary>A handler of the application that sends each request twice.</summary>
    private sealed class RepeatingHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.LoadIntoBufferAsync(cancellationToken);
            (await base.SendAsync(request, cancellationToken)).Dispose();
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
