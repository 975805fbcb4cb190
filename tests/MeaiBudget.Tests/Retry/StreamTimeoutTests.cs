using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Each of a stream's time-outs bounds what it is named for, and nothing else.</summary>
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

        Assert.Equal("word word word word ", await ReadAsync(new RetryOptions { FirstContentTimeout = TimeSpan.FromSeconds(5) }, reply));
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
        DateTimeOffset started = _clock.GetUtcNow();

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(
            () => ReadAsync(options, beforeEach: TimeSpan.FromSeconds(7)));

        Assert.Equal("one two three four", thrown.Received.Text.TrimEnd());
        Assert.InRange(_clock.GetUtcNow() - started, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31));
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

    private Task<string> ReadAsync(RetryOptions options, TimeSpan beforeEach = default, TimeSpan afterEach = default)
    {
        ScriptedReply reply = ScriptedReply.Text("one two three four five six").BeforeEachUpdate(
            (_, _, token) => new ValueTask(beforeEach == default ? Task.CompletedTask : Task.Delay(beforeEach, _clock, token)));
        return ReadAsync(options, reply, afterEach);
    }

    private async Task<string> ReadAsync(RetryOptions options, ScriptedReply reply, TimeSpan afterEach = default)
    {
        using var client = new RetryChatClient(new ScriptedChatClient().Enqueue(reply), options, new CallLayerSetup(_clock, []));
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
