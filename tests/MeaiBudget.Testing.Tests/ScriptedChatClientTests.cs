using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class ScriptedChatClientTests
{
    private static readonly ChatMessage[] Messages = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "How are you today?")];

    [Fact]
    public async Task RepliesInOrderThenWithTheDefault()
    {
        using var client = new ScriptedChatClient { Default = ScriptedReply.Text("again") };
        client.Enqueue("first").Enqueue(ScriptedReply.Text("second"));

        Assert.Equal("first", (await client.GetResponseAsync(Messages)).Text);
        Assert.Equal("second", (await client.GetResponseAsync(Messages)).Text);
        Assert.Equal("again", (await client.GetResponseAsync(Messages)).Text);
        Assert.Equal("again", (await client.GetResponseAsync(Messages)).Text);
        Assert.Equal([0, 1, 2, 3], client.Calls.Select(call => call.Index));
        Assert.Equal(0, client.Remaining);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAnswerCarriesUsageFinishReasonAndModel(bool streaming)
    {
        using var client = new ScriptedChatClient("model-a");
        client.Enqueue("I am well.");

        ChatResponse response = await AskAsync(client, streaming, new ChatOptions { ModelId = "model-b" });

        Assert.Equal("I am well.", response.Text);
        Assert.Equal("model-b", response.ModelId);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(6, response.Usage?.InputTokenCount);
        Assert.Equal(3, response.Usage?.OutputTokenCount);
        Assert.Equal(ScriptedCallState.Completed, client.Calls.Single().State);
        Assert.Equal(streaming, client.Calls.Single().IsStreaming);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UsageAndFinishReasonCanBeSetAndLeftOut(bool streaming)
    {
        using var client = new ScriptedChatClient();
        client.Enqueue(
            ScriptedReply.Text("a").WithUsage(100, 20).WithFinishReason(ChatFinishReason.Length).WithModelId("dated"),
            ScriptedReply.Text("b").WithoutUsage().WithFinishReason(null));

        ChatResponse set = await AskAsync(client, streaming);
        ChatResponse missing = await AskAsync(client, streaming);

        Assert.Equal(100, set.Usage?.InputTokenCount);
        Assert.Equal(20, set.Usage?.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Length, set.FinishReason);
        Assert.Equal("dated", set.ModelId);
        Assert.Null(missing.Usage);
        Assert.Null(missing.FinishReason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EveryCallGetsUsageOfItsOwn(bool streaming)
    {
        using var client = new ScriptedChatClient { Default = ScriptedReply.Text("a").WithUsage(1, 1) };

        ChatResponse first = await AskAsync(client, streaming);
        first.Usage!.Add(new UsageDetails { InputTokenCount = 10 });
        ChatResponse second = await AskAsync(client, streaming);

        Assert.Equal(1, second.Usage?.InputTokenCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AToolCallIsPassedOn(bool streaming)
    {
        using var client = new ScriptedChatClient();
        client.Enqueue(ScriptedReply.ToolCall("weather", new Dictionary<string, object?> { ["city"] = "Rome" }));

        ChatResponse response = await AskAsync(client, streaming);

        FunctionCallContent call = Assert.Single(response.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>());
        Assert.Equal("weather", call.Name);
        Assert.Equal("Rome", call.Arguments?["city"]);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AScriptedExceptionIsThrownAsItIs(bool streaming)
    {
        using var client = new ScriptedChatClient();
        var exception = new InvalidOperationException("scripted");
        client.Enqueue(exception);

        Assert.Same(exception, await Assert.ThrowsAsync<InvalidOperationException>(() => AskAsync(client, streaming)));
        Assert.Equal(ScriptedCallState.Failed, client.Calls.Single().State);
    }

    [Fact]
    public async Task AStreamBreaksOffAfterSoManyUpdates()
    {
        using var client = new ScriptedChatClient();
        client.Enqueue(ScriptedReply.Text("one two three").ThrowAfterUpdates(2, new IOException("gone")));
        List<string> seen = [];

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Messages))
            {
                seen.Add(update.Text);
            }
        });

        Assert.Equal(["one", " two"], seen);
        Assert.Equal(2, client.Calls.Single().UpdatesSent);
        Assert.Equal(ScriptedCallState.Failed, client.Calls.Single().State);
    }

    [Fact]
    public async Task AStreamSendsTheGivenUpdatesAndRunsTheHookBeforeEach()
    {
        using var client = new ScriptedChatClient();
        List<int> hooks = [];
        var update = new ChatResponseUpdate(ChatRole.Assistant, "x");
        client.Enqueue(ScriptedReply.Stream(update, new ChatResponseUpdate(null, "y")).BeforeEachUpdate((_, index, _) =>
        {
            hooks.Add(index);
            return default;
        }));

        List<ChatResponseUpdate> seen = await client.GetStreamingResponseAsync(Messages).ToListAsync();

        Assert.Same(update, seen[0]);
        Assert.Equal([0, 1], hooks);
    }

    [Fact]
    public async Task AStreamLeftEarlyIsSeenAsAbandonedAndEachEnumerationIsACall()
    {
        using var client = new ScriptedChatClient();
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync(Messages);
        Assert.Empty(client.Calls);

        await foreach (ChatResponseUpdate _ in stream)
        {
            break;
        }

        await stream.ToListAsync();

        Assert.Equal([ScriptedCallState.Abandoned, ScriptedCallState.Completed], client.Calls.Select(call => call.State));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AGateHoldsTheAnswerUntilTheTestOpensIt(bool streaming)
    {
        using var client = new ScriptedChatClient();
        var gate = new TaskCompletionSource();
        client.Enqueue(ScriptedReply.Text("at last").WaitFor(gate.Task));

        Task<ChatResponse> answer = AskAsync(client, streaming);
        Assert.Equal(ScriptedCallState.Running, client.Calls.Single().State);
        gate.SetResult();

        Assert.Equal("at last", (await answer).Text);
    }

    [Fact]
    public async Task ADelayPassesOnTheGivenClock()
    {
        using var client = new ScriptedChatClient();
        var time = new FakeTimeProvider();
        client.Enqueue(ScriptedReply.Text("late").After(TimeSpan.FromMinutes(1), time));

        Task<ChatResponse> answer = client.GetResponseAsync(Messages);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("late", (await answer).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheCallersTokenEndsACallThatNeverAnswers(bool streaming)
    {
        using var client = new ScriptedChatClient { Default = ScriptedReply.Text("").NeverAnswers() };
        using var source = new CancellationTokenSource();

        Task<ChatResponse> answer = AskAsync(client, streaming, null, source.Token);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Equal(ScriptedCallState.Cancelled, client.Calls.Single().State);
    }

    [Fact]
    public async Task RecordsTheVeryMessagesAndOptionsAndEnumeratesOnce()
    {
        using var client = new ScriptedChatClient();
        var options = new ChatOptions();
        int enumerations = 0;
        IEnumerable<ChatMessage> Once()
        {
            enumerations++;
            yield return Messages[0];
        }

        await client.GetResponseAsync(Once(), options);

        Assert.Equal(1, enumerations);
        Assert.Same(Messages[0], client.Calls.Single().Messages.Single());
        Assert.Same(options, client.Calls.Single().Options);
    }

    [Fact]
    public void ServicesAreFoundByTypeAndOnlyWithoutAKey()
    {
        using var client = new ScriptedChatClient("m", "acme");
        client.AddService("a service");

        Assert.Equal("acme", client.GetService<ChatClientMetadata>()?.ProviderName);
        Assert.Same(client, client.GetService<ScriptedChatClient>());
        Assert.Equal("a service", client.GetService<string>());
        Assert.Null(client.GetService<string>("key"));
        Assert.Null(client.GetService<Uri>());
    }

    [Fact]
    public async Task ManyCallsAtOnceEachTakeOneReply()
    {
        using var client = new ScriptedChatClient();
        client.Enqueue([.. Enumerable.Range(0, 200).Select(i => ScriptedReply.Text($"{i}"))]);

        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => AskAsync(client, i % 2 == 0))));

        Assert.Equal(200, responses.Select(response => response.Text).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 200), client.Calls.Select(call => call.Index));
    }

    private static async Task<ChatResponse> AskAsync(
        ScriptedChatClient client, bool streaming, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        streaming
            ? await client.GetStreamingResponseAsync(Messages, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(Messages, options, cancellationToken);
}
