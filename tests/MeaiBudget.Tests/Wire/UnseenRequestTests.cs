using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Clients of which nobody knows what they send.</summary>
public sealed class UnseenRequestTests
{
    private static readonly PriceCatalog Catalog = PriceCatalog.Default.With("scripted-model", ModelPrice.PerMillionTokens(1m, 2m));

    public static TheoryData<bool> Both => StreamModes.Both;

    [Theory, MemberData(nameof(Both))]
    public async Task ARawRequestIsRefused(bool streaming)
    {
        using var scripted = new ScriptedChatClient();
        using IChatClient client = new ChatClientBuilder(scripted).UseBudget(new CostTracker([Budget.Daily("day", 100m)], Catalog)).Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: Raw()));

        Assert.Equal(RefusalReason.UnseenRawRequest, refused.Refusal.Reason);
        Assert.Contains("the scripted client of route 'scripted/scripted-model' needs the line: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ChatWireHandler.CreateClient(handler)", refused.Message, StringComparison.Ordinal);
        Assert.Empty(scripted.Calls);
        await client.AskAsync(streaming);
        Assert.Single(scripted.Calls);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task ABudgetOfRequestsOnlyDoesNotCare(bool streaming)
    {
        using var scripted = new ScriptedChatClient();
        using IChatClient client = new ChatClientBuilder(scripted)
            .UseBudget(new CostTracker([Budget.Daily("day", null) with { RequestLimit = 5 }], Catalog)).Build();

        await client.AskAsync(streaming, options: Raw());

        Assert.Single(scripted.Calls);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AnObservingBudgetOnlySaysSo(bool streaming)
    {
        using var scripted = new ScriptedChatClient();
        var observer = new RecordingObserver();
        var tracker = new CostTracker([Budget.Daily("day", 100m) with { Enforcement = Enforcement.Observe }], Catalog, configure: options => options.Observers.Add(observer));
        using IChatClient client = new ChatClientBuilder(scripted).UseBudget(tracker).Build();

        await client.AskAsync(streaming, options: Raw());

        Assert.Single(scripted.Calls);
        BudgetEvent noted = Assert.Single(observer.Events, one => one.Kind == BudgetEventKind.WouldHaveRefused);
        Assert.StartsWith("UnseenRawRequest", noted.Detail, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AnotherCandidateThatIsSeenAnswers(bool streaming)
    {
        using var scripted = new ScriptedChatClient();
        using var local = new ScriptedChatClient("llama3.2", "ollama", new Uri("http://localhost:11434"));
        using IChatClient client = new ChatClientBuilder(scripted)
            .UseBudget(new CostTracker([Budget.Daily("day", 100m)], Catalog)).UseFallback(local).Build();

        await client.AskAsync(streaming, options: Raw());

        Assert.Equal((0, 1), (scripted.Calls.Count, local.Calls.Count));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AClientThatIsSaidToHaveTheHandlerAndHasItNotIsWarnedAboutOnce(bool streaming)
    {
        using var inUse = new ChatWireHandler();
        using var scripted = new ScriptedChatClient();
        var log = new FakeLogCollector();
        using ServiceProvider services = Logging(log);
        using IChatClient client = new ChatClientBuilder(new Claiming(scripted)).UseBudget(new CostTracker([Budget.Daily("day", 100m)], Catalog)).Build(services);

        await client.AskAsync(streaming);
        await client.AskAsync(streaming);

        FakeLogRecord warning = Assert.Single(log.GetSnapshot(), record => record.Id.Name == "UnseenRequest");
        Assert.Contains("Route scripted/scripted-model answered without a request", warning.Message, StringComparison.Ordinal);
        Assert.Contains("Add the handler: ", warning.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: Raw()));
        Assert.Equal(2, scripted.Calls.Count);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task ACacheExplainsIt(bool streaming)
    {
        using var inUse = new ChatWireHandler();
        using var scripted = new ScriptedChatClient();
        var log = new FakeLogCollector();
        using ServiceProvider services = Logging(log);
        var cache = new MemoryDistributedCache(Microsoft.Extensions.Options.Options.Create(new MemoryDistributedCacheOptions()));
        using IChatClient client = new ChatClientBuilder(new Claiming(scripted))
            .UseRetry().UseDistributedCache(cache).Build(services);

        await client.AskAsync(streaming);
        await client.AskAsync(streaming);

        Assert.Single(scripted.Calls);
        Assert.DoesNotContain(log.GetSnapshot(), record => record.Id.Name == "UnseenRequest");
    }

    [Fact]
    public void TheClientsOwnHttpClientSaysWhetherItHasTheHandler()
    {
        using var scripted = new ScriptedChatClient();
        using HttpClient with = ChatWireHandler.CreateClient();
        using var without = new HttpClient();

        Assert.True(new ProviderChatClient(scripted, with).SeesWire);
        Assert.True(new ProviderChatClient(new ProviderChatClient(scripted, with), "more").SeesWire);
        Assert.False(new ProviderChatClient(scripted, without).SeesWire);
        Assert.False(new ProviderChatClient(scripted).SeesWire);
    }

    private static ServiceProvider Logging(FakeLogCollector log) =>
        new ServiceCollection().AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(log)])).BuildServiceProvider();

    private static ChatOptions Raw() => new() { MaxOutputTokens = 10, RawRepresentationFactory = _ => new object() };

    private sealed class Claiming(IChatClient client) : ProviderChatClient(client)
    {
        protected internal override bool SeesWire => true;
    }
}
