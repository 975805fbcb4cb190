using System.Net;
using System.Runtime.CompilerServices;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A stream that is abandoned without being disposed never runs its clean-up. Its slot is released when the attempt times out.</summary>
public sealed class AbandonedStreamTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task G4_AnAbandonedProbeGivesItsPlaceToAnotherWhenItsTimeIsUp()
    {
        var empty = ScriptedReply.Stream([.. Enumerable.Range(0, 100).Select(_ => new ChatResponseUpdate { Role = ChatRole.Assistant })]);
        ScriptedChatClient provider = new ScriptedChatClient()
            .Enqueue(new HttpRequestException("no", null, HttpStatusCode.BadGateway))
            .Enqueue(empty).Enqueue("Back again.");
        using FallbackChatClient client = Client(provider, new ChatRoute("p", provider) { Circuit = new CircuitOptions { ConsecutiveFailures = 1 } });
        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false));
        _clock.Advance(TimeSpan.FromSeconds(15));

        await AbandonAsync(client);

        _clock.Advance(TimeSpan.FromMinutes(14));
        await Assert.ThrowsAsync<CircuitOpenException>(() => client.AskAsync(streaming: false));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Back again.", (await client.AskAsync(streaming: false)).Text);
        Assert.Equal(CircuitState.Closed, client.Routes[0].CircuitState);
    }

    [Fact]
    public async Task AnAbandonedStreamGivesItsSlotBackWhenItsTimeIsUp()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue("never read to its end").Enqueue("Back again.");
        using FallbackChatClient client = Client(provider, new ChatRoute("p", provider) { MaxConcurrency = 1 });

        await AbandonAsync(client);

        _clock.Advance(TimeSpan.FromMinutes(14));
        Task<ChatResponse> next = client.AskAsync(streaming: false);
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Back again.", (await next).Text);
    }

    [Fact]
    public async Task B6_AnAbandonedStreamIsChargedWhenItsLeaseEndsAndNotOnlyWhenItsTimeIsUp()
    {
        var budget = new CountedBudget("day", clock: _clock);
        using var client = new BudgetChatClient(new ScriptedChatClient().Enqueue("never read to its end"), budget.Tracker, null, new CallLayerSetup(_clock, []));

        await AbandonAsync(client);

        await AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.True((await StatusAsync(budget)).Held > 0m);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        BudgetStatus status = await StatusAsync(budget);
        Assert.Equal((0m, status.Spent), (status.Held, status.Unconfirmed));
        Assert.True(status.Spent > 0m);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task B6_AStreamThatWaitsOrIsReadNowAndThenKeepsItsMoneyHeld(bool waits)
    {
        var budget = new CountedBudget("day", clock: _clock);
        using var silence = new SemaphoreSlim(0);
        using var client = new BudgetChatClient(new SlowClient(waits ? silence : null), budget.Tracker, null, new CallLayerSetup(_clock, []));
        IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("hello").GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await updates.MoveNextAsync());

        ValueTask<bool> waiting = waits ? updates.MoveNextAsync() : new(true);
        for (int i = 0; i < 20; i++)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(30));
            Assert.True(waits || await updates.MoveNextAsync());
        }

        BudgetStatus status = await StatusAsync(budget);
        Assert.Equal(0m, status.Spent);
        Assert.True(status.Held > 0m);
        silence.Release();
        Assert.True(await waiting);
        await updates.DisposeAsync();
    }

    /// <summary>In steps, since leases are renewed at half minutes.</summary>
    private async Task AdvanceAsync(TimeSpan length)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < length; passed += TimeSpan.FromSeconds(30))
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }
    }

    private static async Task<BudgetStatus> StatusAsync(CountedBudget budget) =>
        await budget.Tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken);

    private FallbackChatClient Client(IChatClient provider, ChatRoute route) =>
        new(provider, null, new FallbackOptions { Primary = route }, new CallLayerSetup(_clock, []));

    private static async Task AbandonAsync(IChatClient client) =>
        Assert.True(await client.GetStreamingResponseAsync("hello").GetAsyncEnumerator().MoveNextAsync());

    /// <summary>Streams words without end. From the second word on, it can wait before each until the test continues it.</summary>
    private sealed class SlowClient(SemaphoreSlim? silence) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (true)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, "word ");
                await (silence?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "scripted-model") : null;

        public void Dispose()
        {
        }
    }
}
