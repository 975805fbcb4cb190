using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A stream that is left without being disposed never runs its clean-up; what it holds of its route comes back when its time is up.</summary>
public sealed class AbandonedStreamTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task G4_AnAbandonedProbeGivesItsPlaceToAnotherWhenItsTimeIsUp()
    {
        ScriptedReply empty = ScriptedReply.Stream([.. Enumerable.Range(0, 100).Select(_ => new ChatResponseUpdate { Role = ChatRole.Assistant })]);
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

    private FallbackChatClient Client(IChatClient provider, ChatRoute route) =>
        new(provider, null, new FallbackOptions { Primary = route }, new CallLayerSetup(_clock, []));

    private static async Task AbandonAsync(IChatClient client) =>
        Assert.True(await client.GetStreamingResponseAsync("hello").GetAsyncEnumerator().MoveNextAsync());
}
