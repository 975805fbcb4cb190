using System.Diagnostics;
using System.Runtime.CompilerServices;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What the stream of a call promises to whoever enumerates it.</summary>
public class CallStreamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheTokenOfTheCallAndThatOfTheEnumerationBothCancel(bool byCall)
    {
        using var ofCall = new CancellationTokenSource();
        using var ofEnumeration = new CancellationTokenSource();
        using var client = new RetryChatClient(new WaitingClient());
        await using IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("hello", null, ofCall.Token).GetAsyncEnumerator(ofEnumeration.Token);
        Assert.True(await updates.MoveNextAsync());

        ValueTask<bool> next = updates.MoveNextAsync();
        await (byCall ? ofCall : ofEnumeration).CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        Assert.False(await updates.MoveNextAsync());
    }

    [Fact]
    public async Task EachEnumerationIsACallOfItsOwn()
    {
        using ReceiptCapture capture = CallReceipts.Capture();
        using var client = new RetryChatClient(new ScriptedChatClient().Enqueue("one").Enqueue("two"));
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("hello", cancellationToken: TestContext.Current.CancellationToken);

        ChatResponse first = await stream.ToChatResponseAsync(TestContext.Current.CancellationToken);
        ChatResponse second = await stream.ToChatResponseAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("one", "two"), (first.Text, second.Text));
        Assert.Equal(2, capture.Receipts.Select(receipt => receipt.CallId).Distinct().Count());
    }

    [Fact]
    public async Task AStreamWhoseNextUpdateIsAwaitedCannotBeDisposed()
    {
        var provider = new WaitingClient();
        using var client = new RetryChatClient(provider);
        IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("hello").GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await updates.MoveNextAsync());

        ValueTask<bool> next = updates.MoveNextAsync();
        await Assert.ThrowsAsync<NotSupportedException>(async () => await updates.DisposeAsync());
        provider.Next.SetResult();

        Assert.True(await next);
        await updates.DisposeAsync();
        Assert.False(await updates.MoveNextAsync());
        Assert.True(provider.IsDisposed);
    }

    [Fact]
    public async Task AStreamThatIsDisposedBeforeItBeginsMakesNoCall()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue("never asked for");
        using var client = new RetryChatClient(provider);
        IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("hello").GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await updates.DisposeAsync();

        Assert.False(await updates.MoveNextAsync());
        Assert.Empty(provider.Calls);
    }

    [Fact]
    public async Task AFailureBeforeTheFirstUpdateEndsTheCallAndHasItsReceipt()
    {
        using ReceiptCapture capture = CallReceipts.Capture();
        using var client = new BudgetChatClient(new ScriptedChatClient().Enqueue(new InvalidOperationException("no")), new CountedBudget("day").Tracker);
        IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("hello").GetAsyncEnumerator(TestContext.Current.CancellationToken);

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(async () => await updates.MoveNextAsync());

        Assert.True(failure.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(receipt.CallId, Assert.Single(capture.Receipts).CallId);
        Assert.False(await updates.MoveNextAsync());
        await updates.DisposeAsync();
        Assert.Single(capture.Receipts);
    }

    [Fact]
    public async Task TheCallsActivityIsNotThatOfTheCallerBetweenUpdates()
    {
        List<Activity> ended = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == MeaiBudgetDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity outer = new Activity("outer").Start();
        using var client = new RetryChatClient(new ScriptedChatClient().Enqueue("one two three"));

        await foreach (ChatResponseUpdate unused in client.GetStreamingResponseAsync("hello", cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Same(outer, Activity.Current);
        }

        Assert.Same(outer, Activity.Current);
        Assert.Single(ended, activity => activity.OperationName == MeaiBudgetDiagnostics.CallActivityName && activity.ParentId == outer.Id);
    }

    /// <summary>Yields one update at once, and the next one when the test releases it.</summary>
    private sealed class WaitingClient : IChatClient
    {
        public TaskCompletionSource Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsDisposed { get; private set; }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, "first");
                await Next.Task.WaitAsync(cancellationToken);
                yield return new ChatResponseUpdate(ChatRole.Assistant, " second");
            }
            finally
            {
                IsDisposed = true;
            }
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
