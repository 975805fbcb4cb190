using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

/// <summary>An answer that one process starts and another fetches, on one shared ledger.</summary>
internal static class BackgroundAnswer
{
    /// <summary>The price of 1,000 tokens in and 5,000 out of gpt-4.1-mini.</summary>
    private const decimal Price = 0.0084m;

    /// <summary>Starts on one ledger, fetches on the other, and fetches again on both.</summary>
    /// <param name="first">The ledger of the process that starts.</param>
    /// <param name="second">The same ledger as another process opens it.</param>
    /// <param name="end">How the answer ends: <c>completed</c>, <c>failed</c> with usage, or <c>cancelled</c> without.</param>
    public static async Task IsChargedOnceAsync(ISpendLedger first, ISpendLedger second, string end)
    {
        var provider = new Provider(end);
        CostTracker firstTracker = Tracker(first);
        CostTracker secondTracker = Tracker(second);
        using IChatClient starting = Process(provider, firstTracker);
        using IChatClient fetching = Process(provider, secondTracker);
        using ReceiptCapture capture = CallReceipts.Capture();
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 8_000 };

        options.ContinuationToken = (await starting.GetResponseAsync("Write.", options)).ContinuationToken;
        (decimal spent, decimal held) = await StatusAsync(secondTracker);
        Assert.Equal((0m, true), (spent, held >= 8_000 * 0.0000016m));

        Assert.NotNull((await fetching.GetResponseAsync([], options)).ContinuationToken);
        Assert.Equal((spent, held), await StatusAsync(secondTracker));

        provider.IsOver = true;
        await fetching.GetResponseAsync([], options);
        (decimal charged, decimal left) = await StatusAsync(secondTracker);
        await fetching.GetResponseAsync([], options);
        await starting.GetResponseAsync([], options);

        Assert.Equal((charged, 0m), await StatusAsync(firstTracker));
        Assert.Equal(0m, left);
        if (end == "cancelled")
        {
            Assert.InRange(charged, 0.0001m, held);
        }
        else
        {
            Assert.Equal(Price, charged);
            Assert.Equal(Price, capture.Receipts.Sum(receipt => receipt.Cost));
        }
    }

    private static CostTracker Tracker(ISpendLedger ledger) => new([Budget.Daily("day", 1m)], PriceCatalog.Default, ledger);

    private static async Task<(decimal Spent, decimal Held)> StatusAsync(CostTracker tracker)
    {
        BudgetStatus status = (await tracker.GetStatusAsync()).Single();
        return (status.Spent, status.Held);
    }

    /// <summary>A pipeline with a clock of its own, by which a process remembers what it started.</summary>
    private static IChatClient Process(IChatClient provider, CostTracker tracker) => new ChatClientBuilder(provider)
        .UseBudget(tracker).Build(new ServiceCollection().AddSingleton<TimeProvider>(new ProcessClock()).BuildServiceProvider());

    private sealed class ProcessClock : TimeProvider;

    private sealed class Provider(string end) : IChatClient
    {
        private readonly string _id = "resp_" + Guid.NewGuid().ToString("N");

        public bool IsOver { get; set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            bool isOver = options?.ContinuationToken is not null && IsOver;
            var answer = new ChatResponse(new ChatMessage(ChatRole.Assistant, isOver && end == "completed" ? "A long answer." : ""))
            {
                ResponseId = _id,
                ConversationId = _id,
                ModelId = "gpt-4.1-mini",
                ContinuationToken = isOver ? null : ResponseContinuationToken.FromBytes(Encoding.UTF8.GetBytes($$"""{"responseId":"{{_id}}"}""")),
                Usage = isOver && end != "cancelled" ? new UsageDetails { InputTokenCount = 1_000, OutputTokenCount = 5_000 } : null,
            };
            return Task.FromResult(answer);
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("openai", new Uri("https://api.openai.com/v1"), "gpt-4.1-mini") : null;

        public void Dispose()
        {
        }
    }
}
