using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Each timeout of a stream limits only the time that it is named for.</summary>
public sealed class StreamTimeoutTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task TheTimeToTheFirstContentDoesNotBoundWhatComesAfterIt()
    {
        string text = await ReadAsync(new RetryOptions { FirstContentTimeout = TimeSpan.FromSeconds(5) }, beforeEach: TimeSpan.FromSeconds(2));

        Assert.Equal("one two three four five six", text);
    }

    [Fact]
    public async Task TheTimeToTheFirstContentEndsWithItThoughManyEmptyUpdatesCameBefore()
    {
        ChatResponseUpdate[] updates =
        [
            .. Enumerable.Range(0, 40).Select(_ => new ChatResponseUpdate { Role = ChatRole.Assistant }),
            .. Enumerable.Range(0, 4).Select(_ => new ChatResponseUpdate(ChatRole.Assistant, "word ")),
        ];
        ScriptedReply reply = ScriptedReply.Stream(updates).BeforeEachUpdate(
            (_, index, token) => new ValueTask(index < 40 ? Task.CompletedTask : Task.Delay(TimeSpan.FromSeconds(2), _clock, token)));

        Assert.Equal("word word word word ", await ReadAsync(new RetryOptions { FirstContentTimeout = TimeSpan.FromSeconds(5) }, new ScriptedChatClient().Enqueue(reply)));
    }

    [Fact]
    public async Task F10_AStreamThatKeepsComingHasTheWholeDeadline()
    {
        var options = new RetryOptions { UpdateTimeout = TimeSpan.FromSeconds(20), TotalTimeout = TimeSpan.FromSeconds(60) };

        Assert.Equal("one two three four five six", await ReadAsync(options, beforeEach: TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task F10_AStreamThatKeepsComingEndsAtTheDeadline()
    {
        var options = new RetryOptions { UpdateTimeout = TimeSpan.FromSeconds(20), TotalTimeout = TimeSpan.FromSeconds(30) };
        using var client = new RetryChatClient(Slow(TimeSpan.FromSeconds(7)), options, new CallLayerSetup(_clock, []));
        Task<string> call = DrainAsync(client, afterEach: default);

        for (int second = 0; second < 30; second++)
        {
            Assert.False(call.IsCompleted);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => call);
        Assert.Equal("one two three four", thrown.Received.Text.TrimEnd());
    }

    [Fact]
    public async Task ACallerWhoTakesItsTimeOverAnUpdateIsNoSilenceOfTheProviders()
    {
        string text = await ReadAsync(new RetryOptions { UpdateTimeout = TimeSpan.FromSeconds(5) }, afterEach: TimeSpan.FromSeconds(8));

        Assert.Equal("one two three four five six", text);
    }

    [Fact]
    public async Task ACallerWhoTakesItsTimeAfterAWaitIsNoSilenceOfTheProviders()
    {
        string text = await ReadAsync(
            new RetryOptions { UpdateTimeout = TimeSpan.FromSeconds(5) }, beforeEach: TimeSpan.FromSeconds(1), afterEach: TimeSpan.FromSeconds(8));

        Assert.Equal("one two three four five six", text);
    }

    private ScriptedChatClient Slow(TimeSpan beforeEach) => new ScriptedChatClient().Enqueue(ScriptedReply.Text("one two three four five six").BeforeEachUpdate(
        (_, _, token) => new ValueTask(beforeEach == default ? Task.CompletedTask : Task.Delay(beforeEach, _clock, token))));

    private Task<string> ReadAsync(RetryOptions options, TimeSpan beforeEach = default, TimeSpan afterEach = default) =>
        ReadAsync(options, Slow(beforeEach), afterEach);

    private async Task<string> ReadAsync(RetryOptions options, ScriptedChatClient provider, TimeSpan afterEach = default)
    {
        using var client = new RetryChatClient(provider, options, new CallLayerSetup(_clock, []));
        return await _clock.RunAsync(DrainAsync(client, afterEach));
    }

    private async Task<string> DrainAsync(IChatClient client, TimeSpan afterEach)
    {
        string text = "";
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello"))
        {
            text += update.Text;
            await Task.Delay(afterEach, _clock);
        }

        return text;
    }
}
