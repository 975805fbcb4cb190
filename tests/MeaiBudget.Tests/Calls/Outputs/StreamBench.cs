using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A pipeline with learned output reservations over a scripted model with a maximum of 16,384 output tokens, on a clock that stands still between updates.</summary>
internal sealed class StreamBench : IDisposable
{
    /// <summary>The model's maximum output.</summary>
    public const int Most = 16_384;

    /// <summary>The price of an output token in dollars; input is free of charge.</summary>
    public const decimal Token = 0.0001m;

    private readonly BudgetOptions _options;
    private readonly Budget? _budget;
    private readonly ReceiptCapture _capture = CallReceipts.Capture();

    public StreamBench(decimal limit, OutputReservation reservation = OutputReservation.Learned, Budget? budget = null, bool isReasoning = false, string provider = "scripted")
    {
        _budget = budget;
        Ledger = new StepLedger(new InMemorySpendLedger(Clock));
        Prices = PriceCatalog.Empty.With("steady", ModelPrice.PerMillionTokens(0m, 100m), new ModelLimits(128_000, Most, isReasoning));
        Tracker = new CostTracker([budget ?? (Budget.Daily("day", limit) with { MaxWait = TimeSpan.Zero })], Prices, Ledger, tracking => tracking.Observers.Add(Observer));
        Provider = new ScriptedChatClient("steady", provider);
        _options = new BudgetOptions { OutputReservation = reservation };
        Client = ClientOf(Tracker);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));

    public RecordingObserver Observer { get; } = new();

    public PriceCatalog Prices { get; }

    public StepLedger Ledger { get; }

    public CostTracker Tracker { get; }

    public ScriptedChatClient Provider { get; }

    public BudgetChatClient Client { get; }

    public IReadOnlyList<CallReceipt> Receipts => _capture.Receipts;

    public AttemptReceipt Attempt => Assert.Single(_capture.Receipts[^1].Attempts);

    public async Task<BudgetStatus> StatusAsync() => Assert.Single(await Tracker.GetStatusAsync());

    /// <summary>Answers calls from a budget of their own, so that their lengths are learned.</summary>
    public async Task LearnAsync(int tokens, int answers = 100, ChatOptions? options = null)
    {
        using BudgetChatClient client = ClientOf(new CostTracker([(_budget ?? Budget.Daily("day", null)) with { Limit = null }], Prices));
        for (int i = 0; i < answers; i++)
        {
            Provider.Enqueue(Answer(tokens));
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("teach", options))
            {
            }
        }
    }

    /// <summary>An answer of that many tokens, at a speed by the bench's clock.</summary>
    public ScriptedReply Answer(int tokens, int perSecond = 50) => ScriptedReply.Text(Words(tokens)).WithUsage(10, tokens)
        .BeforeEachUpdate((_, _, _) =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1d / perSecond));
            return default;
        });

    public static string Words(int tokens) => string.Join(' ', Enumerable.Repeat("word", tokens));

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>The finish reason.</returns>
    public async Task<ChatFinishReason?> ReadAsync(ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatFinishReason? reason = null;
        await foreach (ChatResponseUpdate update in Client.GetStreamingResponseAsync("ask", options, cancellationToken))
        {
            reason = update.FinishReason ?? reason;
        }

        return reason;
    }

    public void Dispose()
    {
        Client.Dispose();
        _capture.Dispose();
    }

    private BudgetChatClient ClientOf(CostTracker tracker) => new(Provider, tracker, _options, new CallLayerSetup(Clock, []));
}
