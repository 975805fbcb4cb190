using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Fallbacks that the operator of an application must see in the log, because its users do not notice them.</summary>
public sealed class FallbackLogTests
{
    private readonly FakeLogCollector _log = new();

    public static TheoryData<bool> Modes => StreamModes.Both;

    [Theory, MemberData(nameof(Modes))]
    public async Task ARouteThatRejectsItsCredentialsIsReportedAsAnErrorThoughAnotherAnswers(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(new HttpRequestException("sk-secret", null, HttpStatusCode.Unauthorized)) };
        await using ServiceProvider services = Services();
        using IChatClient client = new ChatClientBuilder(primary).UseRetry().UseFallback(new ScriptedChatClient("b").Enqueue("Here.")).Build(services);

        Assert.Equal("Here.", (await client.AskAsync(streaming)).Text);

        FakeLogRecord record = Assert.Single(_log.GetSnapshot(), record => record.Id.Name == "FallbackAuthentication");
        Assert.Equal(LogLevel.Error, record.Level);
        Assert.Contains("scripted/a", record.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", record.Message, StringComparison.Ordinal);
        Assert.Single(primary.Calls);
    }

    [Fact]
    public async Task WithoutAnyRouteTheLayerPassesThroughAndSaysSoOnce()
    {
        await using ServiceProvider services = Services();
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient()).UseFallback().Build(services);

        await client.AskAsync(streaming: false);
        await client.AskAsync(streaming: true);

        Assert.Single(_log.GetSnapshot(), record => record.Id.Name == "FallbackNoRoutes");
    }

    [Fact]
    public async Task WithoutArgumentsTheRoutesAreThoseOfTheServiceProvider()
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(new HttpRequestException("no", null, HttpStatusCode.BadGateway)) };
        await using ServiceProvider services = Services(new ChatRoute("registered", new ScriptedChatClient("b").Enqueue("Here.")));
        using IChatClient client = new ChatClientBuilder(primary).UseFallback().Build(services);

        Assert.Equal("Here.", (await client.AskAsync(streaming: false)).Text);
        Assert.DoesNotContain(_log.GetSnapshot(), record => record.Id.Name == "FallbackNoRoutes");
    }

    private ServiceProvider Services(params ChatRoute[] routes)
    {
        IServiceCollection services = new ServiceCollection().AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(_log)]));
        foreach (ChatRoute route in routes)
        {
            services.AddSingleton(route);
        }

        return services.BuildServiceProvider();
    }
}
