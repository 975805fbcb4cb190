using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Tests;

/// <summary>A response has a receipt. A copy of it, or a response from a cache, has none.</summary>
public sealed class CallReceiptsTests
{
    private static readonly UsageDetails Usage = new() { InputTokenCount = 12, OutputTokenCount = 3, AdditionalCounts = new() { ["x"] = 1 } };

    public static TheoryData<bool> Modes => StreamModes.Both;

    private static IChatClient Over(IChatClient client) => new ChatClientBuilder(client).UseRetry().Build();

    private static ChatResponse Answer(params IList<AIContent> contents) => new(new ChatMessage(ChatRole.Assistant, contents)) { Usage = Usage };

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T)));

    private static T RoundTrip<T>(T value) =>
        (T)JsonSerializer.Deserialize(Json(value), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T)))!;

    private static async Task<List<ChatResponseUpdate>> StreamAsync(IChatClient client, ChatOptions? options = null)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello", options))
        {
            updates.Add(update);
        }

        return updates;
    }

    private static bool HasReceipt(ChatMessage message) => new ChatResponse(message).TryGetReceipt(out _);

    [Fact]
    public async Task AnOrdinaryAnswerCarriesItsReceiptAndNeedsNoHandle()
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) });

        ChatResponse response = await client.GetResponseAsync("hello");
        List<ChatResponseUpdate> updates = await StreamAsync(Over(new ScriptedChatClient().Enqueue("one two three")));

        Assert.IsType<ReceiptUsage>(response.Usage);
        Assert.IsType<ReceiptContents>(response.Messages[0].Contents);
        Assert.IsType<ReceiptContents>(updates[0].Contents);
        Assert.IsNotType<ReceiptContents>(updates[1].Contents);
        Assert.IsType<ReceiptContents>(updates[^1].Contents);
    }

    [Fact]
    public async Task WhatTheReceiptNeedsIsInvisibleInTheJson()
    {
        ChatResponse bare = Answer(new TextContent("hi"), new FunctionCallContent("1", "look", new Dictionary<string, object?> { ["a"] = 1 }));
        using IChatClient client = Over(new FakeChatClient
        {
            Respond = _ => Answer(new TextContent("hi"), new FunctionCallContent("1", "look", new Dictionary<string, object?> { ["a"] = 1 })),
        });

        ChatResponse response = await client.GetResponseAsync("hello");

        Assert.True(response.TryGetReceipt(out _));
        Assert.Equal(Json(bare), Json(response));
        Assert.Equal(Json(bare.Messages[0]), Json(response.Messages[0]));
        Assert.Equal(Json(bare.Usage!), Json(response.Usage!));
        Assert.Equal(Json<object>(bare.Messages[0].Contents), Json<object>(response.Messages[0].Contents));
        Assert.Equal(Json<object>(bare.Usage!), Json<object>(response.Usage!));
        ChatResponse read = RoundTrip(response);
        Assert.False(read.TryGetReceipt(out _));
        Assert.Equal(Json(bare), Json(read));
    }

    [Fact]
    public async Task TheJsonOfAStreamIsThatOfTheProvidersUpdates()
    {
        List<ChatResponseUpdate> bare = await StreamAsync(new ScriptedChatClient().Enqueue(ScriptedReply.Text("one two three")));
        List<ChatResponseUpdate> updates = await StreamAsync(Over(new ScriptedChatClient().Enqueue(ScriptedReply.Text("one two three"))));
        foreach (ChatResponseUpdate update in bare.Concat(updates))
        {
            update.CreatedAt = null;
            update.MessageId = update.ResponseId = null;
        }

        Assert.True(updates.TryGetReceipt(out _));
        Assert.Equal(Json(bare), Json(updates));
        Assert.False(RoundTrip(updates).TryGetReceipt(out _));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ACacheStoresNoReceipt(bool streaming)
    {
        var bareStorage = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        var storage = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using IChatClient bare = new FixedKeyCache(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) }, bareStorage);
        using IChatClient client = new FixedKeyCache(Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) }), storage);
        await bare.AskAsync(streaming);
        await client.AskAsync(streaming);

        ChatResponse hit = await client.AskAsync(streaming);

        Assert.Equal("hi", hit.Text);
        Assert.False(hit.TryGetReceipt(out _));
        Assert.Equal(await bareStorage.GetAsync("key"), await storage.GetAsync("key"));
    }

    [Fact]
    public async Task ACopyOfAMessageHasNoReceipt()
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) });
        ChatMessage message = (await client.GetResponseAsync("hello")).Messages[0];

        Assert.True(HasReceipt(message));
        Assert.False(HasReceipt(message.Clone()));
        Assert.False(HasReceipt(new ChatMessage(message.Role, message.Contents)));
        Assert.False(HasReceipt(new ChatMessage(message.Role, [.. message.Contents])));
        Assert.False(new[] { new ChatResponseUpdate(message.Role, message.Contents) }.TryGetReceipt(out _));
    }

    [Fact]
    public async Task AResponseOfTheSameMessagesHasTheReceiptAndAMovedUsageHasNot()
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) });
        ChatResponse response = await client.GetResponseAsync("hello");

        Assert.True(new ChatResponse(response.Messages).TryGetReceipt(out _));
        Assert.False(new ChatResponse { Usage = response.Usage }.TryGetReceipt(out _));
        Assert.False(response.ToChatResponseUpdates().TryGetReceipt(out _));
    }

    [Fact]
    public async Task AStreamThatWasTurnedIntoAResponseHasNoReceipt()
    {
        using IChatClient client = Over(new ScriptedChatClient());

        List<ChatResponseUpdate> updates = await StreamAsync(client);

        Assert.True(updates.TryGetReceipt(out CallReceipt? receipt));
        Assert.True(updates.Take(1).TryGetReceipt(out CallReceipt? first));
        Assert.True(updates.TakeLast(1).TryGetReceipt(out CallReceipt? last));
        Assert.Equal((receipt.CallId, receipt.CallId), (first.CallId, last.CallId));
        Assert.False(updates.ToChatResponse().TryGetReceipt(out _));
    }

    [Fact]
    public async Task AStreamThatGoesOnHasNoReceiptYet()
    {
        using IChatClient client = Over(new ScriptedChatClient().Enqueue("one two three"));
        await using IAsyncEnumerator<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("hello").GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        ChatResponseUpdate first = stream.Current;

        Assert.False(new[] { first }.TryGetReceipt(out _));
        while (await stream.MoveNextAsync())
        {
        }

        Assert.True(new[] { first }.TryGetReceipt(out _));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AResponseWithoutMessagesHasItsReceipt(bool hasUsage)
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => new ChatResponse { Usage = hasUsage ? Usage : null } });

        ChatResponse response = await client.GetResponseAsync("hello");

        Assert.True(response.TryGetReceipt(out _));
        Assert.Empty(response.Messages);
    }

    [Fact]
    public async Task AnswersThatWereNeverFilledHaveTheirReceipt()
    {
        using IChatClient client = Over(new FakeChatClient
        {
            Respond = _ => new ChatResponse(new ChatMessage()),
            Stream = _ => [new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop }],
        });

        ChatMessage message = (await client.GetResponseAsync("hello")).Messages[0];
        List<ChatResponseUpdate> updates = await StreamAsync(client);

        Assert.True(HasReceipt(message));
        Assert.Empty(message.Contents);
        Assert.True(updates.TryGetReceipt(out _));
    }

    [Fact]
    public async Task TheMessagesOfTheCallerStayAsTheyAreEvenIfAClientReturnsThem()
    {
        using IChatClient client = Over(new FakeChatClient
        {
            Respond = messages => new ChatResponse([.. messages]) { Usage = Usage },
            Stream = messages => [.. messages.Select(message => new ChatResponseUpdate(message.Role, message.Contents) { FinishReason = ChatFinishReason.Stop })],
        });
        List<AIContent> contents = [new TextContent("hello")];
        var message = new ChatMessage(ChatRole.User, contents);

        ChatResponse response = await client.GetResponseAsync([message]);
        ChatResponse streamed = await client.GetStreamingResponseAsync([message]).ToChatResponseAsync();

        Assert.Same(message, response.Messages[0]);
        Assert.Same(contents, message.Contents);
        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.True(new ChatResponse(message).TryGetReceipt(out CallReceipt? ofMessage));
        Assert.Equal(receipt.CallId, ofMessage.CallId);
        Assert.Equal("hello", streamed.Text);
    }

    [Fact]
    public async Task ListsOfOtherTypesStayAsTheyAre()
    {
        AIContent[] array = [new TextContent("a")];
        var readOnly = new ReadOnlyCollection<AIContent>([new TextContent("b")]);
        var observed = new ObservableCollection<AIContent>([new TextContent("c")]);
        var derived = new DerivedUsage();
        using IChatClient client = Over(new FakeChatClient
        {
            Respond = _ => new ChatResponse(new ReadOnlyCollection<ChatMessage>(
                [new(ChatRole.Assistant, array), new(ChatRole.Assistant, readOnly), new(ChatRole.Assistant, observed)]))
            { Usage = derived },
            Stream = _ => [new ChatResponseUpdate(ChatRole.Assistant, readOnly), new ChatResponseUpdate(ChatRole.Assistant, array) { FinishReason = ChatFinishReason.Stop }],
        });

        ChatResponse response = await client.GetResponseAsync("hello");
        List<ChatResponseUpdate> updates = await StreamAsync(client);

        Assert.Equal<IList<AIContent>>([array, readOnly, observed], [.. response.Messages.Select(message => message.Contents)], ReferenceEquals);
        Assert.Same(derived, response.Usage);
        Assert.All(response.Messages, message => Assert.True(HasReceipt(message)));
        Assert.True(new ChatResponse { Usage = derived }.TryGetReceipt(out _) is false && response.TryGetReceipt(out _));
        Assert.Equal<IList<AIContent>>([readOnly, array], [.. updates.Select(update => update.Contents)], ReferenceEquals);
        Assert.All(updates, update => Assert.True(new[] { update }.TryGetReceipt(out _)));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AnAnswerThatComesAgainHasTheReceiptOfTheLastCall(bool streaming)
    {
        ChatResponse answer = Answer(new TextContent("hi"));
        ChatResponseUpdate update = new(ChatRole.Assistant, "hi") { FinishReason = ChatFinishReason.Stop };
        using IChatClient client = Over(new FakeChatClient { Respond = _ => answer, Stream = _ => [update] });
        var ids = new List<Guid>();

        for (int i = 0; i < 3; i++)
        {
            using ReceiptCapture capture = CallReceipts.Capture();
            await client.AskAsync(streaming);
            Assert.True(streaming ? new[] { update }.TryGetReceipt(out CallReceipt? receipt) : answer.TryGetReceipt(out receipt));
            Assert.Equal(capture.Receipts[0].CallId, receipt.CallId);
            ids.Add(receipt.CallId);
        }

        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal((12, 3, 1), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount, answer.Usage.AdditionalCounts!["x"]));
        Assert.Equal("hi", answer.Text);
    }

    [Fact]
    public async Task AMessageThatTheCallerGotBeforeAndSendsAlongHasTheReceiptOfTheLastCall()
    {
        var message = new ChatMessage(ChatRole.Assistant, "hi");
        using IChatClient client = Over(new FakeChatClient { Respond = _ => new ChatResponse(message) });
        await client.GetResponseAsync("hello");
        IList<AIContent> contents = message.Contents;
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.GetResponseAsync([message]);

        Assert.Same(contents, message.Contents);
        Assert.True(new ChatResponse(message).TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(capture.Receipts[0].CallId, receipt.CallId);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ToolRoundsCombineInOneReceipt(bool streaming)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.ToolCall("look"), ScriptedReply.ToolCall("look"), ScriptedReply.Text("Done."));
        using IChatClient client = new ChatClientBuilder(provider).UseFunctionInvocation().UseRetry().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "look")] };
        using ReceiptCapture capture = CallReceipts.Capture();

        CallReceipt? receipt;
        Assert.True(streaming
            ? (await StreamAsync(client, options)).TryGetReceipt(out receipt)
            : (await client.GetResponseAsync("go", options)).TryGetReceipt(out receipt));

        Assert.Equal(capture.Receipts.SelectMany(each => each.Attempts), receipt.Attempts);
        Assert.Equal(3, receipt.Attempts.Count);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task ToolCallsThatWaitForApprovalKeepTheReceipt(bool streaming, bool asAdditionalTool)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.ToolCall("look"), ScriptedReply.ToolCall("delete"));
        var delete = new ApprovalRequiredAIFunction(AIFunctionFactory.Create(() => 1, "delete"));
        using IChatClient client = new ChatClientBuilder(provider)
            .UseFunctionInvocation(configure: tools => tools.AdditionalTools = asAdditionalTool ? [delete] : null).UseRetry().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "look"), .. asAdditionalTool ? (AITool[])[] : [delete]] };

        CallReceipt? receipt;
        Assert.True(streaming
            ? (await StreamAsync(client, options)).TryGetReceipt(out receipt)
            : (await client.GetResponseAsync("go", options)).TryGetReceipt(out receipt));

        Assert.Equal(2, receipt.Attempts.Count);
    }

    [Fact]
    public async Task AResponseWhoseMessagesALayerReplacedKeepsItsReceipt()
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) });

        ChatResponse response = await client.GetResponseAsync("hello");
        response.Messages = [new ChatMessage(ChatRole.Assistant, "[removed]")];

        Assert.True(response.TryGetReceipt(out _));
    }

    [Fact]
    public async Task ContentsThatAreChangedInPlaceKeepTheReceipt()
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) });

        ChatMessage message = (await client.GetResponseAsync("hello")).Messages[0];
        message.Contents.Clear();
        message.Contents.Add(new TextContent("[removed]"));

        Assert.Equal("[removed]", message.Text);
        Assert.True(HasReceipt(message));
    }

    [Fact]
    public void EveryCountOfAUsageIsCopied()
    {
        var usage = new UsageDetails { AdditionalCounts = [] };
        long value = 1;
        foreach (System.Reflection.PropertyInfo property in typeof(UsageDetails).GetProperties().Where(property => property.PropertyType == typeof(long?)))
        {
            property.SetValue(usage, value++);
        }

        UsageDetails? copy = usage;
        Assert.True(ReceiptUsage.TryAttach(ref copy, this, new CallRecord(null, CallLayerSetup.Default, null, isStreaming: false, runId: null)));

        Assert.NotSame(usage, copy);
        Assert.All(typeof(UsageDetails).GetProperties(), property => Assert.Equal(property.GetValue(usage), property.GetValue(copy)));
        Assert.Same(usage.AdditionalCounts, copy!.AdditionalCounts);
    }

    [Fact]
    public async Task AMessageDoesNotLiveAsLongAsItsContents()
    {
        using IChatClient client = Over(new FakeChatClient { Respond = _ => Answer(new TextContent("hi")) });

        (IList<AIContent> contents, UsageDetails? usage, WeakReference message, WeakReference response) = await KeepContentsAsync(client);
        GC.Collect();

        Assert.Single(contents);
        Assert.NotNull(usage);
        Assert.False(message.IsAlive || response.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(IList<AIContent> Contents, UsageDetails? Usage, WeakReference Message, WeakReference Response)> KeepContentsAsync(IChatClient client)
    {
        ChatResponse response = await client.GetResponseAsync("hello");
        return (response.Messages[0].Contents, response.Usage, new WeakReference(response.Messages[0]), new WeakReference(response));
    }

    private sealed class DerivedUsage : UsageDetails;

    /// <summary>A cache with one key, so that a test finds the stored value.</summary>
    private sealed class FixedKeyCache(IChatClient inner, IDistributedCache storage) : DistributedCachingChatClient(inner, storage)
    {
        protected override string GetCacheKey(IEnumerable<ChatMessage> messages, ChatOptions? options, params ReadOnlySpan<object?> additionalValues) => "key";
    }

    /// <summary>Answers with the very objects that a test makes.</summary>
    private sealed class FakeChatClient : IChatClient
    {
        public required Func<IEnumerable<ChatMessage>, ChatResponse> Respond { get; init; }

        public Func<IEnumerable<ChatMessage>, ChatResponseUpdate[]>? Stream { get; init; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(Respond(messages));

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            foreach (ChatResponseUpdate update in Stream?.Invoke(messages) ?? Respond(messages).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
